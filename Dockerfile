# One image for every part; what it runs is `doorstep run <part>`.
FROM python:3.11-slim-bookworm

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && useradd --system --home-dir /app doorstep \
    && install -d -o doorstep -m 0700 /keys
USER doorstep
ENV PYTHONUNBUFFERED=1 DOORSTEP_KEYS=/keys
ENTRYPOINT ["doorstep"]

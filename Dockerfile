# One image for every part; what it runs is `doorstep run <part>`.
FROM python:3.11-slim-bookworm

# The font that the worker draws receipts and visit reports with, and what it signs seals
# and checks timestamps by.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends fonts-wqy-zenhei openssl \
    && rm -rf /var/lib/apt/lists/*

# The account, and the folders that volumes are laid over: they begin as its own.
RUN groupadd --gid 10001 doorstep \
    && useradd --uid 10001 --gid doorstep --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin doorstep \
    && install -d -o doorstep -g doorstep -m 0700 /keys /media

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e .

USER 10001:10001
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DOORSTEP_KEYS=/keys DOORSTEP_MEDIA=/media
ENTRYPOINT ["doorstep"]

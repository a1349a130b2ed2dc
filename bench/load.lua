-- Sends every request of a file once, and says as JSON what came back.
--
--   wrk --threads=1 ... -s load.lua URL -- FILE again|once [FILLER]
--
-- Before each request of the file stands a line with its length in bytes. With `again` it
-- starts over at the end. What is in the file FILLER ends each request: large bodies would
-- not fit into memory. wrk looks at the first one without sending it.

local only

function setup(thread)
    only = thread
end

function init(args)
    requests, taken, ran_out, answers = {}, 0, 0, {}
    again = args[2] == "again"
    local file = assert(io.open(args[1], "rb"))
    for length in function() return file:read("*l") end do
        table.insert(requests, file:read(tonumber(length)))
    end
    file:close()
    filler = ""
    if args[3] then
        local file = assert(io.open(args[3], "rb"))
        filler = file:read("*a")
        file:close()
    end
end

-- wrk cannot be told that there is nothing left: it then asks for what costs us little.
function request()
    if taken == #requests and again then
        taken = 0
    end
    if taken == #requests then
        ran_out = ran_out + 1
        return wrk.format("GET", "/healthz")
    end
    taken = taken + 1
    return requests[taken] .. filler
end

function response(status)
    answers[status] = (answers[status] or 0) + 1
end

function done(summary, latency)
    local failed, statuses = summary.errors, {}
    for status, count in pairs(only:get("answers")) do
        table.insert(statuses, string.format('"%d": %d', status, count))
    end
    io.write(string.format(
        '{"duration_us": %d, "p50_us": %d, "p99_us": %d, "taken": %d, "ran_out": %d, ',
        summary.duration, latency:percentile(50), latency:percentile(99),
        only:get("taken"), only:get("ran_out")
    ))
    io.write(string.format('"lost": %d, "statuses": {%s}}\n',
        failed.connect + failed.read + failed.write + failed.timeout,
        table.concat(statuses, ", ")
    ))
end

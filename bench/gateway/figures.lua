-- What each load has: its own seed in each thread, a random one of the requests, a line of figures at the end.

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("seed", threads)
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    "figures %d %d %d %d %d %d %.3f %.3f\n",
    summary.requests, summary.duration, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000
  ))
end

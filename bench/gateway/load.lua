-- A random request of the file's list, on every keep-alive connection; a line of figures at the end.
-- The file: the token, the method, the path, then one line for each request (GET: its query string; POST: its body).

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("seed", threads)
end

function init(args)
  local lines = io.lines(args[1])
  wrk.headers["Authorization"] = "Bearer " .. lines()
  local method, path = lines(), lines()
  wrk.headers["Content-Type"] = method == "POST" and "application/json" or nil
  requests = {}
  for line in lines do
    if method == "POST" then
      requests[#requests + 1] = wrk.format(method, path, nil, line)
    else
      requests[#requests + 1] = wrk.format(method, path .. line)
    end
  end
  math.randomseed(seed * 713)
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    "figures %d %d %d %d %d %d %d %.3f %.3f\n",
    summary.requests, summary.duration, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write, errors.timeout, 0,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000
  ))
end

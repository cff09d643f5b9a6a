-- A random request of the file's list, on every keep-alive connection; a line of figures at the end.
-- The file: the token, the method, the path, then one line for each request (GET: its query string; POST: its body).

dofile(debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") .. "/figures.lua")

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

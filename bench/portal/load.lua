-- A random request of the file's, on every keep-alive connection; a line of figures at the end. The file has whole
-- requests, with a byte of zero between two.

dofile(debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") .. "/../gateway/figures.lua")

function init(args)
  local file = assert(io.open(args[1], "rb"))
  requests = {}
  for one in file:read("*a"):gmatch("[^%z]+") do
    requests[#requests + 1] = one
  end
  file:close()
  math.randomseed(seed * 713)
end

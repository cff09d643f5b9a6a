-- Each request is a form of its own, signed beforehand; an assertion counts once, so the threads share them out.
local forms = {}
local at = 0
local counter = 0

function setup(thread)
  thread:set("first", counter)
  counter = counter + 1
end

function init(args)
  local threads, number = tonumber(args[2]), 0
  for line in io.lines(args[1]) do
    if number % threads == first then forms[#forms + 1] = line end
    number = number + 1
  end
end

function request()
  at = at + 1
  local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
  return wrk.format("POST", "/token", headers, forms[at] or "spent=1")
end

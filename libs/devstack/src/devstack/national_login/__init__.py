"""A stand-in for the national login (النفاذ الوطني الموحد) on this machine, for demo and tests.

Nobody is recognised by it: whoever opens the page types a number of the trial data and answers for the telephone too.
`python -m devstack.national_login CONFIG` serves an OpenID provider: code with PKCE, private_key_jwt, ID tokens PS256.
"""

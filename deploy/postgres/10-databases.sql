-- A role and a database of its own for each service; nobody else may even connect to it.
-- Run once by the postgres image, on an empty volume. The passwords come from the container's environment.
-- A service that's added later: run its four lines by hand (deploy/README.md).

\getenv password IDENTITY_DATABASE_PASSWORD
CREATE ROLE identity LOGIN PASSWORD :'password';
CREATE DATABASE identity OWNER identity;
REVOKE ALL ON DATABASE identity FROM PUBLIC;

\getenv password PERMITS_DATABASE_PASSWORD
CREATE ROLE permits LOGIN PASSWORD :'password';
CREATE DATABASE permits OWNER permits;
REVOKE ALL ON DATABASE permits FROM PUBLIC;

\getenv password PARTNER_GATEWAY_DATABASE_PASSWORD
CREATE ROLE partner_gateway LOGIN PASSWORD :'password';
CREATE DATABASE partner_gateway OWNER partner_gateway;
REVOKE ALL ON DATABASE partner_gateway FROM PUBLIC;

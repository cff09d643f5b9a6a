-- A role and a database of its own for each service; nobody else may even connect to it.
-- Run once by the postgres image, on an empty volume. The passwords come from the container's environment.
-- A service that's added later: run its four lines by hand (deploy/README.md).

-- generated: databases (make generate, from services/*/service.yaml)

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

\getenv password REPORTS_DATABASE_PASSWORD
CREATE ROLE reports LOGIN PASSWORD :'password';
CREATE DATABASE reports OWNER reports;
REVOKE ALL ON DATABASE reports FROM PUBLIC;

\getenv password NOTIFY_DATABASE_PASSWORD
CREATE ROLE notify LOGIN PASSWORD :'password';
CREATE DATABASE notify OWNER notify;
REVOKE ALL ON DATABASE notify FROM PUBLIC;

\getenv password LICENCES_DATABASE_PASSWORD
CREATE ROLE licences LOGIN PASSWORD :'password';
CREATE DATABASE licences OWNER licences;
REVOKE ALL ON DATABASE licences FROM PUBLIC;

\getenv password PAYMENTS_DATABASE_PASSWORD
CREATE ROLE payments LOGIN PASSWORD :'password';
CREATE DATABASE payments OWNER payments;
REVOKE ALL ON DATABASE payments FROM PUBLIC;

\getenv password HEALTH_CERTS_DATABASE_PASSWORD
CREATE ROLE health_certs LOGIN PASSWORD :'password';
CREATE DATABASE health_certs OWNER health_certs;
REVOKE ALL ON DATABASE health_certs FROM PUBLIC;

\getenv password TRANSACTIONS_DATABASE_PASSWORD
CREATE ROLE transactions LOGIN PASSWORD :'password';
CREATE DATABASE transactions OWNER transactions;
REVOKE ALL ON DATABASE transactions FROM PUBLIC;

\getenv password APPOINTMENTS_DATABASE_PASSWORD
CREATE ROLE appointments LOGIN PASSWORD :'password';
CREATE DATABASE appointments OWNER appointments;
REVOKE ALL ON DATABASE appointments FROM PUBLIC;

\getenv password PORTAL_DATABASE_PASSWORD
CREATE ROLE portal LOGIN PASSWORD :'password';
CREATE DATABASE portal OWNER portal;
REVOKE ALL ON DATABASE portal FROM PUBLIC;

\getenv password TENDERS_DATABASE_PASSWORD
CREATE ROLE tenders LOGIN PASSWORD :'password';
CREATE DATABASE tenders OWNER tenders;
REVOKE ALL ON DATABASE tenders FROM PUBLIC;
-- end of databases

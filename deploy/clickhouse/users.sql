-- Users of a ClickHouse server or cluster that Tidegauge writes to: run once, as an administrator, each
-- statement with ON CLUSTER where there is one. CHANGEME: the digests are SHA-256 of the passwords in hex.

CREATE SETTINGS PROFILE IF NOT EXISTS tidegauge_reader SETTINGS
  readonly = 1,
  max_execution_time = 30 MAX 60 CHANGEABLE_IN_READONLY,
  max_memory_usage = 4000000000,
  max_result_rows = 1000000;

-- Writes, and brings tables up to date: no DROP, no TRUNCATE, nothing outside its database.
CREATE USER IF NOT EXISTS tidegauge IDENTIFIED WITH sha256_hash BY 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
GRANT CREATE DATABASE, CREATE TABLE, ALTER TABLE, SELECT, INSERT ON tidegauge.* TO tidegauge;
-- Only with store.cluster: statements ON CLUSTER ask for it.
GRANT CLUSTER ON *.* TO tidegauge;

-- Grafana's driver sets a deadline with each query: the one setting that a reader may change.
CREATE USER IF NOT EXISTS grafana_reader IDENTIFIED WITH sha256_hash BY 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' SETTINGS PROFILE tidegauge_reader;
GRANT SELECT ON tidegauge.* TO grafana_reader;

-- People: the same, with a budget an hour.
CREATE USER IF NOT EXISTS tidegauge_analyst IDENTIFIED WITH sha256_hash BY 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' SETTINGS PROFILE tidegauge_reader;
GRANT SELECT ON tidegauge.* TO tidegauge_analyst;
CREATE QUOTA IF NOT EXISTS tidegauge_analyst FOR INTERVAL 1 hour MAX queries = 2000, errors = 200, read_rows = 20000000000, execution_time = 1800 TO tidegauge_analyst;

-- An analyst who may see one model: what tables hold by model is filtered, its own events granted alone.
CREATE USER IF NOT EXISTS fraud_analyst IDENTIFIED WITH sha256_hash BY 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' SETTINGS PROFILE tidegauge_reader;
GRANT SELECT ON tidegauge.metrics TO fraud_analyst;
GRANT SELECT ON tidegauge.profiles TO fraud_analyst;
GRANT SELECT ON tidegauge.events_fraud TO fraud_analyst;
CREATE ROW POLICY IF NOT EXISTS fraud_metrics ON tidegauge.metrics FOR SELECT USING model = 'fraud' TO fraud_analyst;
CREATE ROW POLICY IF NOT EXISTS fraud_profiles ON tidegauge.profiles FOR SELECT USING model = 'fraud' TO fraud_analyst;
-- A row policy hides the table from everybody whom none is for.
CREATE ROW POLICY IF NOT EXISTS others_metrics ON tidegauge.metrics FOR SELECT USING 1 TO ALL EXCEPT fraud_analyst;
CREATE ROW POLICY IF NOT EXISTS others_profiles ON tidegauge.profiles FOR SELECT USING 1 TO ALL EXCEPT fraud_analyst;

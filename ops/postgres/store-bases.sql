-- What makes a store one whose logs are cut (format 3): to a release that knows of no base, its customers would have lost their past. A cut runs this by itself,
-- in its first transaction; run it by hand only where the role that cuts may not create tables. The schema must come first in search_path.

-- Where a customer's records begin once earlier ones were cut. accounting: what recounts need of them; personal: the state folded up to there, under the customer's
-- own key, empty of one who was erased.
CREATE TABLE base(customer uuid PRIMARY KEY, customer_sequence bigint NOT NULL, accounting bytea NOT NULL, personal bytea NOT NULL);
ALTER TABLE base ALTER COLUMN personal SET STORAGE EXTERNAL;

-- Where each node's log begins: the last of its records that is gone. What is counted over all of them is the checkpoint 'base' of node 0, with their number.
CREATE TABLE cut(node smallint PRIMARY KEY REFERENCES node, sequence bigint NOT NULL);

-- With the key, in the transaction of the erasure.
CREATE FUNCTION empty_base()
RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE base SET personal = '' WHERE customer = NEW.customer;
    RETURN NULL;
END $$;
CREATE TRIGGER erased_base AFTER INSERT ON erased FOR EACH ROW EXECUTE FUNCTION empty_base();

UPDATE meta SET value = convert_to('3', 'UTF8') WHERE key = 'format';

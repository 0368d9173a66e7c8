-- What a store whose logs are cut while nodes write has besides the tables of a cut one (store-bases.sql). A node with --retain runs this by itself before its first
-- cut; run it by hand only where its role may not create functions. The schema must come first in search_path.

-- A customer's base has all records up to its own: another one under such a number comes from a state of before the base, whose key would have been taken if the record
-- that had it were there still. Whatever base was committed before the rows got in, this sees: each statement of a function that may write looks anew.
CREATE OR REPLACE FUNCTION refuse_below_base()
RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a CROSS JOIN LATERAL (SELECT customer_sequence FROM base WHERE customer = a.customer LIMIT 1) b
        WHERE b.customer_sequence >= a.customer_sequence) THEN
        RAISE unique_violation USING MESSAGE = 'a record of a customer would lie before the base that its log was cut to';
    END IF;

    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER fact_behind_base AFTER INSERT ON fact REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_below_base();

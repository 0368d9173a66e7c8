-- The store of the nodes of a cluster, for PostgreSQL 15 or later. A node runs this by itself when it starts, under a lock and into an empty schema; run it by
-- hand only where the node's role may not create tables. The schema must exist and come first in search_path.
--
-- Ids, keys and keyed hashes are 128 bits and stored as uuid: fixed length, no header. Times are Unix microseconds.

-- 'format' (a number as text in UTF-8) and 'secret' (32 bytes, made once).
CREATE TABLE meta(key text PRIMARY KEY, value bytea NOT NULL);

-- A node is a name. tail_start: the lowest of its records that some snapshot lacks.
CREATE TABLE node(
    id smallint PRIMARY KEY, name text NOT NULL UNIQUE, tail_start bigint NOT NULL DEFAULT 0);

-- A number is given once in the whole store: facts name the holder of a lease by it alone.
CREATE SEQUENCE epoch_number;

-- What a process writes under. One row is updated by every transaction of its writer: it is fence, end of the log and mark of the last work at once.
-- writer: number of the writer's connection; what an earlier connection left on its way can write nothing any more.
CREATE TABLE epoch(
    node smallint NOT NULL REFERENCES node, epoch bigint NOT NULL, sealed boolean NOT NULL DEFAULT false, writer bigint NOT NULL DEFAULT 0,
    last_sequence bigint NOT NULL DEFAULT 0, work bigint NOT NULL DEFAULT 0, PRIMARY KEY(node, epoch))
    WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- Given to each writing transaction after it has the epoch: whoever began after another was committed has a higher number. That puts the logs of all nodes
-- into one order in which nothing comes before what it builds on.
CREATE SEQUENCE turn;

-- The log. A record of a node itself has the customer ffffffff-ffff-ffff-0000-<node> and its own sequence as customer sequence.
-- A node's sequences go on over its epochs, so that (node, sequence) is (node, epoch, sequence).
CREATE TABLE fact(
    customer uuid NOT NULL, customer_sequence bigint NOT NULL, sequence bigint NOT NULL, at bigint NOT NULL, epoch bigint NOT NULL, turn bigint NOT NULL,
    node smallint NOT NULL, decision uuid, accounting bytea NOT NULL, personal bytea NOT NULL, PRIMARY KEY(customer, customer_sequence))
    PARTITION BY HASH(customer);
CREATE INDEX fact_node ON fact(node, sequence);

-- Decision ids, unique over the cluster.
CREATE TABLE decision(
    hash uuid PRIMARY KEY, customer uuid NOT NULL, customer_sequence bigint NOT NULL)
    PARTITION BY HASH(hash);

-- Deleting a row of it is what erases a customer, hence old row versions are cleared away early.
CREATE TABLE identity(
    id_hash uuid PRIMARY KEY, customer uuid NOT NULL, data_key bytea NOT NULL)
    WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);
CREATE INDEX identity_customer ON identity(customer);

-- node: who saved it last, and wakes the customer when it is due.
CREATE TABLE snapshot(
    customer uuid PRIMARY KEY, customer_sequence bigint NOT NULL, due bigint, node smallint NOT NULL, state bytea NOT NULL)
    WITH (fillfactor = 80);
CREATE INDEX snapshot_due ON snapshot(node, due) WHERE due IS NOT NULL;

CREATE TABLE tombstone(id_hash uuid PRIMARY KEY, erased_at bigint NOT NULL, message_hashes bytea NOT NULL);

-- Numbered without a gap, under a lock that keeps out every writer: whoever knows the last number knows them all.
CREATE TABLE erased(number bigint PRIMARY KEY, customer uuid NOT NULL UNIQUE);

-- What a node's own projector has folded of that node's log.
CREATE TABLE checkpoint(
    node smallint NOT NULL, projection text NOT NULL, watermark bigint NOT NULL, state bytea NOT NULL, PRIMARY KEY(node, projection));

-- What an owner in the cluster (of a campaign, a model, a segment) has folded, of every node's log; saved with the state in one transaction.
CREATE TABLE owner(name text PRIMARY KEY, version bigint NOT NULL, state bytea NOT NULL);
CREATE TABLE owner_watermark(
    owner text NOT NULL REFERENCES owner ON DELETE CASCADE, node text NOT NULL, watermark bigint NOT NULL, PRIMARY KEY(owner, node));

-- Touchpoints that are acknowledged and not yet with their customers. customer: the keyed hash of the outside id; message: the hash of the message id as a tombstone
-- keeps it; body: under a key made of the secret. A row goes with its delivery and with an erasure. What was committed before another was sent has the lower number.
CREATE SEQUENCE queued_number;
CREATE TABLE queued(
    part smallint NOT NULL, number bigint NOT NULL, customer uuid NOT NULL, queued_at bigint NOT NULL, message bytea NOT NULL, body bytea NOT NULL,
    PRIMARY KEY(part, number))
    WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- Under which epoch a part of the queue is read; 0: nobody has it. Taken from an epoch only when that is sealed.
CREATE TABLE queue_part(part smallint PRIMARY KEY, epoch bigint NOT NULL DEFAULT 0) WITH (fillfactor = 10);
INSERT INTO queue_part(part) SELECT generate_series(0, 31);

-- A customer is in one part, so that one reader has all that is queued for it.
CREATE FUNCTION queue_part_of(its_customer uuid)
RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (get_byte(uuid_send(its_customer), 15) & 31)::smallint $$;

-- What no delivery could apply, for an operator to look at, and to put back; reason says nothing personal.
CREATE TABLE set_aside(
    number bigint PRIMARY KEY, customer uuid NOT NULL, queued_at bigint NOT NULL, message bytea NOT NULL, reason text NOT NULL, body bytea NOT NULL);
CREATE INDEX set_aside_customer ON set_aside(customer);

CREATE TABLE catalog(version integer PRIMARY KEY, published_at bigint NOT NULL, hash text NOT NULL, bundle bytea NOT NULL);

-- node 0: the cluster's.
CREATE TABLE value(node smallint NOT NULL, key text NOT NULL, value bytea NOT NULL, PRIMARY KEY(node, key));

-- Ciphertext does not compress; a large accounting part does.
ALTER TABLE fact ALTER COLUMN personal SET STORAGE EXTERNAL;
ALTER TABLE snapshot ALTER COLUMN state SET STORAGE EXTERNAL;
ALTER TABLE queued ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE set_aside ALTER COLUMN body SET STORAGE EXTERNAL;

DO $$
BEGIN
    FOR part IN 0..7 LOOP
        EXECUTE format('CREATE TABLE fact_%s PARTITION OF fact FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
        EXECUTE format('CREATE TABLE decision_%s PARTITION OF decision FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
        -- They only grow; a new page of an index is filled by keys at random.
        EXECUTE format('ALTER TABLE fact_%s SET (autovacuum_vacuum_insert_scale_factor = 0.5)', part);
    END LOOP;
END $$;

-- Comes first in every writing transaction: the row lock on the epoch is the fence, and a seal waits for it.
-- known: the last erasure the writer has heard of; NULL: it reads on by itself. PM001: sealed, or another connection writes this epoch. PM003: an erasure
-- came between.
CREATE FUNCTION begin_write(
    its_node smallint, its_epoch bigint, its_writer bigint, its_end bigint, its_work bigint, known bigint, erases boolean)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF erases THEN
        LOCK TABLE erased IN SHARE ROW EXCLUSIVE MODE;
    ELSE
        LOCK TABLE erased IN ROW EXCLUSIVE MODE;
    END IF;

    UPDATE epoch SET last_sequence = CASE WHEN its_end > 0 THEN its_end ELSE last_sequence END, work = its_work
    WHERE node = its_node AND epoch = its_epoch AND writer = its_writer AND NOT sealed;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PM001', MESSAGE = 'the epoch is sealed';
    END IF;

    PERFORM nextval('turn');
    IF known IS NOT NULL AND known <> coalesce((SELECT max(number) FROM erased), 0) THEN
        RAISE EXCEPTION USING ERRCODE = 'PM003', MESSAGE = 'a customer was erased meanwhile';
    END IF;
END $$;

-- Versions are consecutive from 1; of two publishers one wins. PM002: the other one.
CREATE FUNCTION add_catalog(its_version integer, its_time bigint, its_hash text, its_bundle bytea)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    latest integer;
BEGIN
    LOCK TABLE catalog IN SHARE ROW EXCLUSIVE MODE;
    SELECT coalesce(max(version), 0) INTO latest FROM catalog;
    IF its_version <> latest + 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'PM002', MESSAGE = format('Catalog version %s cannot follow version %s.', its_version, latest);
    END IF;

    INSERT INTO catalog VALUES(its_version, its_time, its_hash, its_bundle);
    PERFORM pg_notify(current_schema() || '_catalog', its_version::text);
END $$;

-- A value made of the one before it: of two writers that read the same one wins. PM002: the other one.
CREATE FUNCTION replace_value(its_node smallint, its_key text, its_old bytea, its_new bytea)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF its_old IS NULL THEN
        INSERT INTO value VALUES(its_node, its_key, its_new) ON CONFLICT (node, key) DO NOTHING;
    ELSIF its_new IS NULL THEN
        DELETE FROM value WHERE node = its_node AND key = its_key AND value = its_old;
    ELSE
        UPDATE value SET value = its_new WHERE node = its_node AND key = its_key AND value = its_old;
    END IF;

    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PM002', MESSAGE = format('Value ''%s'' is another by now.', its_key);
    END IF;
END $$;

-- Everything of a customer but the accounting parts, with what is queued. The decision's hash goes as well: it is made of an id that its owner may know.
-- An id that came back and is erased once more keeps dropping the messages of its first life. No plan goes through the whole queue under the lock, whatever the
-- tables' statistics say.
CREATE FUNCTION erase_customer(its_customer uuid, id_hashes uuid[], times bigint[], messages bytea[])
RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    waiting bytea;
BEGIN
    -- What is on its way from the queue to the customer at this moment is known as a duplicate when it arrives.
    WITH gone AS (DELETE FROM queued q USING unnest(id_hashes) i WHERE q.part = queue_part_of(i) AND q.customer = i RETURNING q.message),
    aside AS (DELETE FROM set_aside WHERE customer = ANY(id_hashes) RETURNING message)
    SELECT coalesce(string_agg(message, ''), '') INTO waiting FROM (SELECT message FROM gone UNION ALL SELECT message FROM aside) w;
    DELETE FROM decision d USING fact f WHERE f.customer = its_customer AND f.decision IS NOT NULL AND d.hash = f.decision;
    UPDATE fact SET personal = '', decision = NULL WHERE customer = its_customer AND (length(personal) > 0 OR decision IS NOT NULL);
    DELETE FROM identity WHERE customer = its_customer;
    DELETE FROM snapshot WHERE customer = its_customer;
    INSERT INTO erased(number, customer) SELECT coalesce(max(number), 0) + 1, its_customer FROM erased HAVING NOT EXISTS (
        SELECT 1 FROM erased e WHERE e.customer = its_customer);
    INSERT INTO tombstone(id_hash, erased_at, message_hashes) SELECT t.id, t.at, t.known || waiting FROM unnest(id_hashes, times, messages) t(id, at, known)
    ON CONFLICT (id_hash) DO UPDATE SET erased_at = excluded.erased_at, message_hashes = tombstone.message_hashes || excluded.message_hashes;
END $$;

-- For an operator: a touchpoint that was set aside is queued again, behind all that its customer has there. Gives its new number.
CREATE FUNCTION put_back(its_number bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    new_number bigint;
BEGIN
    -- An erasure that is under way takes it before or behind, and not in between.
    LOCK TABLE erased IN ROW EXCLUSIVE MODE;
    WITH gone AS (DELETE FROM set_aside WHERE number = its_number RETURNING customer, message, body)
    INSERT INTO queued(part, number, customer, queued_at, message, body)
    SELECT queue_part_of(customer), nextval('queued_number'), customer, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, message, body FROM gone
    RETURNING number INTO new_number;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing is set aside under number %', its_number;
    END IF;

    RETURN new_number;
END $$;

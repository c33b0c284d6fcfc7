-- The tables and functions of the store in PostgreSQL, created by each node that starts. A function never changes its
-- arguments or results once released: nodes of two versions run together in a rolling restart, and a new form gets a new name.
SELECT pg_advisory_xact_lock(7305801421);

CREATE TABLE IF NOT EXISTS linkspan_log (
  name     text   PRIMARY KEY,
  epoch    bigint NOT NULL,
  first    bigint NOT NULL,  -- offset from which on no entry was dropped
  next     bigint NOT NULL,  -- offset of the next entry
  messages bigint NOT NULL,
  bytes    bigint NOT NULL,
  expires  bigint NOT NULL   -- earliest time at which an entry may expire
);
CREATE INDEX IF NOT EXISTS linkspan_log_expires ON linkspan_log (expires);

CREATE TABLE IF NOT EXISTS linkspan_log_entry (
  log      text   NOT NULL REFERENCES linkspan_log ON DELETE CASCADE,
  number   bigint NOT NULL,
  at       bigint NOT NULL,
  expires  bigint NOT NULL,
  message  bytea  NOT NULL,
  PRIMARY KEY (log, number)
);

-- Updates the head of a locked log after entries were removed, and ends the log if none is left.
CREATE OR REPLACE FUNCTION linkspan_removed(a_log text, a_messages bigint, a_bytes bigint, a_first bigint, a_expires bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE linkspan_log l
     SET messages = l.messages - a_messages, bytes = l.bytes - a_bytes,
         first = GREATEST(l.first, a_first), expires = COALESCE(a_expires, l.expires)
   WHERE l.name = a_log;
END $$;

-- Removes the expired entries of a locked log.
CREATE OR REPLACE FUNCTION linkspan_expire_log(a_log text, a_now bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_count bigint; v_bytes bigint; v_lowest bigint; v_expires bigint;
BEGIN
  WITH gone AS (DELETE FROM linkspan_log_entry e WHERE e.log = a_log AND e.expires <= a_now RETURNING length(e.message) AS size)
  SELECT count(*), COALESCE(sum(size), 0) INTO v_count, v_bytes FROM gone;
  SELECT min(e.number), min(e.expires) INTO v_lowest, v_expires FROM linkspan_log_entry e WHERE e.log = a_log;
  IF v_lowest IS NULL THEN
    SELECT l.next INTO v_lowest FROM linkspan_log l WHERE l.name = a_log;
  END IF;
  PERFORM linkspan_removed(a_log, v_count, v_bytes, CASE WHEN v_count > 0 THEN v_lowest ELSE 0 END,
                           COALESCE(v_expires, 9223372036854775807));
  RETURN v_count;
END $$;

CREATE OR REPLACE FUNCTION linkspan_append(
  a_log text, a_epoch bigint, a_now bigint, a_messages bytea[], a_expires bigint[], a_max bigint, a_max_bytes bigint,
  a_drops boolean, OUT epoch bigint, OUT first bigint, OUT accepted bigint, OUT dropped bigint, OUT expired bigint)
LANGUAGE plpgsql AS $$
DECLARE
  head linkspan_log%ROWTYPE; v_size bigint; v_number bigint; v_dropped bigint; v_count integer;
BEGIN
  accepted := 0; dropped := 0; expired := 0;
  INSERT INTO linkspan_log AS l (name, epoch, first, next, messages, bytes, expires)
    VALUES (a_log, a_epoch, 0, 0, 0, 0, 9223372036854775807)
    ON CONFLICT (name) DO UPDATE SET name = l.name
    RETURNING l.* INTO head;
  IF head.expires <= a_now THEN
    expired := linkspan_expire_log(a_log, a_now);
    SELECT l.* INTO head FROM linkspan_log l WHERE l.name = a_log;
  END IF;
  epoch := head.epoch;
  first := head.next;
  v_count := COALESCE(array_length(a_messages, 1), 0);
  FOR i IN 1..v_count LOOP
    v_size := length(a_messages[i]);
    WHILE a_drops AND v_size <= a_max_bytes AND head.messages > 0
        AND (head.messages >= a_max OR head.bytes + v_size > a_max_bytes) LOOP
      DELETE FROM linkspan_log_entry e
       WHERE e.log = a_log AND e.number = (SELECT min(o.number) FROM linkspan_log_entry o WHERE o.log = a_log)
      RETURNING e.number, length(e.message) INTO v_number, v_dropped;
      head.messages := head.messages - 1;
      head.bytes := head.bytes - v_dropped;
      head.first := v_number + 1;
      dropped := dropped + 1;
    END LOOP;
    EXIT WHEN head.messages >= a_max OR head.bytes + v_size > a_max_bytes;
    INSERT INTO linkspan_log_entry (log, number, at, expires, message)
      VALUES (a_log, head.next, a_now, a_expires[i], a_messages[i]);
    head.next := head.next + 1;
    head.messages := head.messages + 1;
    head.bytes := head.bytes + v_size;
    head.expires := LEAST(head.expires, a_expires[i]);
    accepted := accepted + 1;
  END LOOP;
  IF head.messages = 0 THEN
    DELETE FROM linkspan_log l WHERE l.name = a_log;
  ELSE
    UPDATE linkspan_log l
       SET first = head.first, next = head.next, messages = head.messages, bytes = head.bytes, expires = head.expires
     WHERE l.name = a_log;
  END IF;
END $$;

-- Removes entries by their offsets, or all before one; the log ends if none is left.
CREATE OR REPLACE FUNCTION linkspan_remove(a_log text, a_epoch bigint, a_numbers bigint[], a_before bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  head linkspan_log%ROWTYPE; v_count bigint; v_bytes bigint;
BEGIN
  SELECT l.* INTO head FROM linkspan_log l WHERE l.name = a_log AND l.epoch = a_epoch FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  WITH gone AS (
    DELETE FROM linkspan_log_entry e
     WHERE e.log = a_log AND (e.number = ANY (a_numbers) OR e.number < a_before) RETURNING length(e.message) AS size)
  SELECT count(*), COALESCE(sum(size), 0) INTO v_count, v_bytes FROM gone;
  IF v_count = head.messages THEN
    DELETE FROM linkspan_log l WHERE l.name = a_log;
  ELSE
    PERFORM linkspan_removed(a_log, v_count, v_bytes, LEAST(a_before, head.next), NULL);
  END IF;
  RETURN v_count;
END $$;

-- Removes what has expired, of a number of logs that nobody else changes now.
CREATE OR REPLACE FUNCTION linkspan_expire(a_now bigint, a_logs integer)
RETURNS TABLE (log text, expired bigint) LANGUAGE plpgsql AS $$
DECLARE
  v_name text;
BEGIN
  FOR v_name IN SELECT l.name FROM linkspan_log l WHERE l.expires <= a_now ORDER BY l.expires LIMIT a_logs FOR UPDATE SKIP LOCKED LOOP
    log := v_name;
    expired := linkspan_expire_log(v_name, a_now);
    DELETE FROM linkspan_log l WHERE l.name = v_name AND l.messages = 0;
    RETURN NEXT;
  END LOOP;
END $$;

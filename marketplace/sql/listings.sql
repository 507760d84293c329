-- Keeps marketplace_listing and marketplace_listingprice equal to what the other tables say, in their transactions.

-- List these designs anew, or take them off. Holds their rows first, so that of two transactions the later one
-- sees what the earlier one changed.
CREATE FUNCTION marketplace_list(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM 1 FROM designs_design WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;

  DELETE FROM marketplace_listingprice WHERE listing_id = ANY(ids);
  DELETE FROM marketplace_listing l WHERE l.design_id = ANY(ids) AND NOT EXISTS (
    SELECT 1 FROM designs_design d
    JOIN designs_registryentry r ON r.chain_id = d.chain_id AND r.entry_id = d.entry_id
    WHERE d.id = l.design_id AND d.state NOT IN ('rejected', 'withdrawn', 'taken_down'));

  INSERT INTO marketplace_listing AS l
    (design_id, owner_id, kind, disclosure, program, tags, document, words, claimed_at, licensed)
  SELECT d.id, d.owner_id, d.kind, d.disclosure, coalesce(v.model_name, ''), d.tags,
    setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('simple', d.title), 'A')
      || setweight(to_tsvector('simple', concat_ws(' ', u.display_name, v.model_name, array_to_string(d.tags, ' '))), 'B')
      || setweight(to_tsvector('english', array_to_string(d.tags, ' ')), 'B')
      || setweight(to_tsvector('english', d.description), 'C'),
    lower(concat_ws(' ', d.title, u.display_name, nullif(v.model_name, ''), array_to_string(d.tags, ' '))),
    r.claimed_at,
    CASE WHEN EXISTS (SELECT 1 FROM marketplace_listing known WHERE known.design_id = d.id) THEN 0 ELSE coalesce((
      SELECT sum(s.quantity) FROM licensing_licensesale s WHERE s.chain_id = d.chain_id AND s.entry_id = d.entry_id
    ), 0) END
  FROM designs_design d
  JOIN accounts_user u ON u.id = d.owner_id
  JOIN designs_registryentry r ON r.chain_id = d.chain_id AND r.entry_id = d.entry_id
  LEFT JOIN LATERAL (
    SELECT model_name FROM designs_designversion WHERE design_id = d.id ORDER BY number DESC LIMIT 1
  ) v ON true
  WHERE d.id = ANY(ids) AND d.state NOT IN ('rejected', 'withdrawn', 'taken_down')
  ON CONFLICT (design_id) DO UPDATE SET
    owner_id = excluded.owner_id, kind = excluded.kind, disclosure = excluded.disclosure, program = excluded.program,
    tags = excluded.tags, document = excluded.document, words = excluded.words, claimed_at = excluded.claimed_at
  WHERE (l.owner_id, l.kind, l.disclosure, l.program, l.tags, l.document, l.words, l.claimed_at) IS DISTINCT FROM
    (excluded.owner_id, excluded.kind, excluded.disclosure, excluded.program, excluded.tags, excluded.document,
     excluded.words, excluded.claimed_at);

  INSERT INTO marketplace_listingprice (listing_id, currency, price, licenses)
  SELECT o.design_id, o.currency, min(o.price),
    coalesce(array_agg(DISTINCT t.code) FILTER (WHERE t.code IS NOT NULL), '{}')
  FROM (
    SELECT DISTINCT ON (l.design_id, o.terms_hash, o.currency) l.design_id, o.*
    FROM marketplace_listing l
    JOIN designs_design d ON d.id = l.design_id
    JOIN licensing_offer o ON o.chain_id = d.chain_id AND o.entry_id = d.entry_id
    JOIN contracts_chainevent e ON e.id = o.event_id
    JOIN contracts_chainblock b ON b.id = e.block_id
    WHERE l.design_id = ANY(ids)
      AND NOT EXISTS (
        SELECT 1 FROM licensing_entryclosing c WHERE c.chain_id = d.chain_id AND c.entry_id = d.entry_id)
      AND coalesce((
        SELECT s.status FROM designs_entrystatus s
        JOIN contracts_chainevent se ON se.id = s.event_id
        JOIN contracts_chainblock sb ON sb.id = se.block_id
        WHERE s.chain_id = d.chain_id AND s.entry_id = d.entry_id
        ORDER BY sb.number DESC, se.log_index DESC LIMIT 1), 0) IN (0, 1)
    ORDER BY l.design_id, o.terms_hash, o.currency, b.number DESC, e.log_index DESC
  ) o
  LEFT JOIN licensing_licensetemplate t ON t.terms_hash = o.terms_hash
  WHERE o.is_open AND NOT o.restricted
    AND (o.starts_at IS NULL OR o.starts_at <= now()) AND (o.ends_at IS NULL OR o.ends_at > now())
  GROUP BY o.design_id, o.currency;
END $body$;

-- Each trigger is called once for a statement, with all the rows that it changed as "changed" (and "before").
CREATE FUNCTION marketplace_entries_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM marketplace_list(array_agg(DISTINCT d.id)) FROM changed c
  JOIN designs_design d ON d.chain_id = c.chain_id AND d.entry_id = c.entry_id HAVING count(*) > 0;
  RETURN NULL;
END $body$;

CREATE FUNCTION marketplace_versions_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM marketplace_list(array_agg(DISTINCT c.design_id)) FROM changed c HAVING count(*) > 0;
  RETURN NULL;
END $body$;

CREATE FUNCTION marketplace_designs_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM marketplace_list(array_agg(c.id)) FROM changed c JOIN before b ON b.id = c.id
  WHERE (c.owner_id, c.title, c.description, c.tags, c.kind, c.disclosure, c.state, c.chain_id, c.entry_id)
    IS DISTINCT FROM
    (b.owner_id, b.title, b.description, b.tags, b.kind, b.disclosure, b.state, b.chain_id, b.entry_id)
  HAVING count(*) > 0;
  RETURN NULL;
END $body$;

CREATE FUNCTION marketplace_designs_deleted() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  DELETE FROM marketplace_listingprice p USING changed c WHERE p.listing_id = c.id;
  DELETE FROM marketplace_listing l USING changed c WHERE l.design_id = c.id;
  RETURN NULL;
END $body$;

CREATE FUNCTION marketplace_people_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM marketplace_list(array_agg(l.design_id)) FROM changed c JOIN before b ON b.id = c.id
  JOIN marketplace_listing l ON l.owner_id = c.id
  WHERE c.display_name IS DISTINCT FROM b.display_name HAVING count(*) > 0;
  RETURN NULL;
END $body$;

CREATE FUNCTION marketplace_terms_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM marketplace_list(array_agg(DISTINCT d.id)) FROM changed c JOIN licensing_offer o ON o.terms_hash = c.terms_hash
  JOIN designs_design d ON d.chain_id = o.chain_id AND d.entry_id = o.entry_id HAVING count(*) > 0;
  RETURN NULL;
END $body$;

CREATE FUNCTION marketplace_sales_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  UPDATE marketplace_listing l
  SET licensed = l.licensed + CASE WHEN TG_OP = 'DELETE' THEN -sold.number ELSE sold.number END
  FROM (
    SELECT d.id, sum(c.quantity) AS number FROM changed c
    JOIN designs_design d ON d.chain_id = c.chain_id AND d.entry_id = c.entry_id GROUP BY d.id
  ) sold WHERE l.design_id = sold.id;
  RETURN NULL;
END $body$;

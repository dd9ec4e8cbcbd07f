"""A contact centre after a year: a million interactions, a million segments of supervision, 500 people coaching now."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from sideline.kit.db import asyncpg_url, migrate  # noqa: E402
from sideline.kit.postgres import Postgres  # noqa: E402
from sideline.people.shipped_role_rows import write_shipped_roles  # noqa: E402

TEAMS, AGENTS, SUPERVISORS, QUEUES, CAMPAIGNS = 20, 2000, 600, 20, 40
LIVE, COACHING = 1000, 500

DEFAULTS = """
    -- Columns that do not matter here get something harmless, so that rows can be written with those that do.
    DO $$
    DECLARE each record;
    BEGIN
        FOR each IN SELECT table_name, column_name, CASE
                WHEN data_type = 'text' THEN quote_literal('')
                WHEN data_type IN ('integer', 'bigint') THEN '1'
                WHEN data_type = 'boolean' THEN 'FALSE'
                WHEN data_type IN ('jsonb', 'ARRAY') THEN quote_literal('{}')
                WHEN data_type = 'timestamp with time zone' THEN 'now()' END AS value
            FROM information_schema.columns
            WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
        LOOP
            IF each.value IS NOT NULL THEN
                EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT %s',
                               each.table_name, each.column_name, each.value);
            END IF;
        END LOOP;
    END $$;
"""

PEOPLE = f"""
    INSERT INTO teams (id, name, version) SELECT gen_random_uuid(), 'Team ' || n, 1 FROM generate_series(1, {TEAMS}) n;

    CREATE TEMP TABLE numbered_teams AS SELECT id, row_number() OVER (ORDER BY name) - 1 AS n FROM teams;

    INSERT INTO users (id, email, name, team_id, time_zone, is_active, created_at, version)
    SELECT gen_random_uuid(), 'user' || g.n || '@example.org',
           CASE WHEN g.n < {AGENTS} THEN 'Agent ' ELSE 'Supervisor ' END || g.n, t.id, 'UTC', TRUE, now(), 1
    FROM generate_series(0, {AGENTS + SUPERVISORS - 1}) g (n) JOIN numbered_teams t ON t.n = g.n % {TEAMS};

    CREATE TEMP TABLE numbered_users AS
        SELECT id, name, team_id, substring(email FROM '[0-9]+')::int AS n FROM users;
    CREATE INDEX ON numbered_users (n);

    INSERT INTO presences (user_id, status, reason, since, resume_status, resume_reason, missed_offers)
    SELECT id, CASE WHEN n < {LIVE} THEN 'interacting' WHEN n < {AGENTS} THEN 'on_queue' ELSE 'available' END,
           '', now(), '', '', 0
    FROM numbered_users;

    INSERT INTO queues (id, name, slug, team_id, is_open, offer_seconds, wrap_up_seconds, version)
    SELECT gen_random_uuid(), 'Queue ' || g.n, 'queue-' || g.n, t.id, TRUE, 20, 30, 1
    FROM generate_series(0, {QUEUES - 1}) g (n) JOIN numbered_teams t ON t.n = g.n % {TEAMS};

    INSERT INTO queue_members (queue_id, user_id)
    SELECT q.id, u.id FROM queues q JOIN users u ON u.team_id = q.team_id AND u.name LIKE 'Agent %';

    CREATE TEMP TABLE numbered_queues AS SELECT id, team_id, substring(slug FROM '[0-9]+')::int AS n FROM queues;
"""

CALLS = """
    CREATE TEMP TABLE calls AS
    SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS customer, gen_random_uuid() AS agent,
           CASE WHEN n < {live} THEN now() - n * interval '1 second'
                ELSE now() - interval '1 hour' - (n * 31536000.0 / {rows}) * interval '1 second' END AS at
    FROM generate_series(0, {rows} - 1) n;

    INSERT INTO interactions (id, medium, direction, state, live_state, queue_id, agent_id, team_ids, user_ids,
        customer_name, phone_number, campaign, list_name, external_id, started_at, answered_at, ended_at, end_reason,
        priority_at, version, applied_version, origin_address)
    SELECT c.id, 'voice', 'inbound', CASE WHEN c.n < {live} THEN 'active' ELSE 'ended' END,
           CASE WHEN c.n < {live} THEN 'talking' ELSE 'ended' END, q.id, u.id,
           CASE WHEN q.team_id = u.team_id THEN ARRAY[u.team_id] ELSE ARRAY[q.team_id, u.team_id] END, ARRAY[u.id],
           'Customer ' || c.n, '+1 555 ' || lpad((c.n % 10000000)::text, 7, '0'), 'Campaign ' || c.n % {campaigns},
           'List ' || c.n % 7, '', c.at, c.at, CASE WHEN c.n >= {live} THEN c.at + interval '4 minutes' END,
           CASE WHEN c.n < {live} THEN '' ELSE 'customer_left' END, c.at, 5, 5, ''
    FROM calls c JOIN numbered_users u ON u.n = c.n % {agents} JOIN numbered_queues q ON q.n = c.n % {queues};

    INSERT INTO participants (id, interaction_id, purpose, user_id, name, state, talk_group, is_muted, is_consulted,
        is_coached, notice, invited_at, joined_at, left_at, leave_reason)
    SELECT c.customer, c.id, 'customer', NULL, 'Customer ' || c.n, CASE WHEN c.n < {live} THEN 'joined' ELSE 'left' END,
           'main', FALSE, FALSE, FALSE, '', c.at, c.at, CASE WHEN c.n >= {live} THEN c.at + interval '4 minutes' END, ''
    FROM calls c
    UNION ALL
    SELECT c.agent, c.id, 'agent', u.id, u.name, CASE WHEN c.n < {live} THEN 'joined' ELSE 'left' END,
           'main', FALSE, FALSE, FALSE, '', c.at, c.at, CASE WHEN c.n >= {live} THEN c.at + interval '4 minutes' END, ''
    FROM calls c JOIN numbered_users u ON u.n = c.n % {agents};
"""

SUPERVISION = """
    CREATE TEMP TABLE sessions AS SELECT n, gen_random_uuid() AS id FROM generate_series(0, {rows} - 1) n;

    INSERT INTO engagements (id, interaction_id, supervisor_id, agent_id, team_id, target_participant_id, mode, state,
        phone_kind, is_muted, reason, requested_at, started_at, ended_at, end_reason, address, version)
    SELECT s.id, c.id, sup.id, u.id, u.team_id, c.agent,
           CASE WHEN abs(hashtext(s.id::text)) % 3 = 0 THEN 'coach' ELSE 'monitor' END,
           CASE WHEN s.n < {coaching} THEN 'active' ELSE 'ended' END, 'browser', FALSE, '', c.at, c.at,
           CASE WHEN s.n >= {coaching} THEN c.at + interval '1 minute' END,
           CASE WHEN s.n >= {coaching} THEN 'supervisor_stopped' ELSE '' END, '', 3
    FROM sessions s JOIN calls c ON c.n = s.n
    JOIN numbered_users u ON u.n = c.n % {agents} JOIN numbered_users sup ON sup.n = {agents} + s.n % {supervisors};

    INSERT INTO engagement_segments (id, engagement_id, interaction_id, supervisor_id, target_participant_id, agent_id,
        team_id, mode, campaign, started_at, ended_at, end_reason)
    SELECT gen_random_uuid(), e.id, e.interaction_id, e.supervisor_id, e.target_participant_id, e.agent_id, e.team_id,
           e.mode, 'Campaign ' || (abs(hashtext(e.id::text)) % {campaigns}), e.requested_at, e.ended_at, e.end_reason
    FROM engagements e;
    ANALYZE;
"""


@asynccontextmanager
async def big_organisation(rows: int) -> AsyncIterator[str]:
    """Yield the URL of a database with ``rows`` interactions and as many segments."""
    with tempfile.TemporaryDirectory(prefix="sl-board-", ignore_cleanup_errors=True) as folder:
        postgres = Postgres(Path(folder) / "pg", fast=True)
        await postgres.start()
        try:
            url = postgres.url("sideline")
            await asyncio.to_thread(migrate, url)
            await asyncio.to_thread(write_shipped_roles, url)
            sizes = {
                "rows": rows,
                "live": LIVE,
                "coaching": COACHING,
                "agents": AGENTS,
                "supervisors": SUPERVISORS,
                "queues": QUEUES,
                "campaigns": CAMPAIGNS,
            }
            connection = await asyncpg.connect(asyncpg_url(url))
            try:
                for script in (DEFAULTS, PEOPLE, CALLS.format_map(sizes), SUPERVISION.format_map(sizes)):
                    await connection.execute(script)
            finally:
                await connection.close()
            yield url
        finally:
            await postgres.stop()

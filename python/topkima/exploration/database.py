# SPDX-License-Identifier: Apache-2.0
"""The tables of studies, the databases that can hold them, and results by run hash."""

import json
import os
import sys

import sqlalchemy as sql
from sqlalchemy.exc import DBAPIError, OperationalError

from topkima.errors import UsageError

BUSY_S = 30                 # to wait for another's transaction, in SQLite
# Of connections to PostgreSQL, where the URL does not say otherwise. Without the limits a server
# that vanished from the network would be noticed hours later.
CONNECTION = {"client_encoding": "utf8", "connect_timeout": 10, "keepalives_idle": 30,
              "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
# What waiting does not mend, of PostgreSQL's answers to a new client.
REFUSALS = ("does not exist", "authentication failed", "no password supplied",
            "no pg_hba.conf entry")

tables = sql.MetaData()
studies = sql.Table(
    "explore_study", tables,
    sql.Column("name", sql.String(200), primary_key=True),
    sql.Column("text", sql.Text, nullable=False),
    sql.Column("base", sql.Text, nullable=False),       # input directories are relative to it
    sql.Column("model_revision", sql.String(40), nullable=False),
    sql.Column("searcher", sql.Text),                   # the worker that asks the next batch
    sql.Column("searching_since", sql.Float))
points = sql.Table(
    "explore_point", tables,
    sql.Column("study", sql.String(200), primary_key=True),
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("workload", sql.Integer, nullable=False),
    sql.Column("parameters", sql.Text, nullable=False),
    sql.Column("trial", sql.Text),                      # of a search
    sql.Column("state", sql.String(12), nullable=False),
    sql.Column("worker", sql.Text),
    sql.Column("hash", sql.String(40)),
    sql.Column("objectives", sql.Text),                 # JSON list; null where constraints fail
    sql.Column("message", sql.Text),
    sql.Index("explore_point_state", "study", "state", "number"))
files = sql.Table(      # that the study's points were made from
    "explore_file", tables,
    sql.Column("study", sql.String(200), primary_key=True),
    sql.Column("path", sql.Text, primary_key=True),
    sql.Column("sha256", sql.String(64), nullable=False))
results = sql.Table(
    "explore_result", tables,
    sql.Column("hash", sql.String(40), primary_key=True),
    sql.Column("record", sql.Text, nullable=False))
workers = sql.Table(
    "explore_worker", tables,
    sql.Column("id", sql.String(200), primary_key=True),
    sql.Column("study", sql.String(200), nullable=False),
    sql.Column("host", sql.Text, nullable=False),
    sql.Column("machine", sql.Text, nullable=False),      # where `pid` means something
    sql.Column("pid", sql.Integer, nullable=False),
    sql.Column("seen", sql.Float, nullable=False),
    sql.Column("points", sql.Integer, nullable=False),
    sql.Column("seconds", sql.Float, nullable=False),     # since its start
    sql.Column("simulating", sql.Float, nullable=False))  # of these


def engine_of(url):
    """`url` may also be the absolute path of a file of SQLite, taken character by character."""
    shown, options = url, {}
    try:
        parsed = sql.engine.URL.create("sqlite", database=url) if str(url).startswith("/") else \
            sql.engine.make_url(url)
        shown, kind = repr(parsed), parsed.get_backend_name()
        if kind == "postgresql":
            # A worker keeps one connection: a server has a hundred or so for all its clients.
            options = {"pool_size": 1, "connect_args": {
                key: value for key, value in CONNECTION.items() if key not in parsed.query}}
        elif kind == "sqlite":
            # Connections are kept: the last one that closes writes the whole log back.
            options = {"poolclass": sql.pool.QueuePool,
                       "connect_args": {"check_same_thread": False}}
        else:
            raise ValueError("expected postgresql://... or sqlite:///...")
        engine = sql.create_engine(parsed, future=True, pool_pre_ping=True, **options)
    except ModuleNotFoundError as error:
        raise UsageError(f"storage '{shown}': {error}; Debian's python3-psycopg2 has it") from error
    except (sql.exc.ArgumentError, sql.exc.NoSuchModuleError, ValueError) as error:
        raise UsageError(f"storage '{shown}': {error}".splitlines()[0]) from error
    if engine.dialect.name == "sqlite":
        check_is_file(engine.url)

        # Let transactions be ours: one that writes takes the lock when it begins.
        @sql.event.listens_for(engine, "connect")
        def connect(connection, _):
            connection.isolation_level = None
            connection.execute(f"PRAGMA busy_timeout={1000 * BUSY_S}")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

        @sql.event.listens_for(engine, "begin")
        def begin(connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    return engine


def check_is_file(url):
    """SQLite would wait for whoever writes into a pipe. UsageError: that, or something like it."""
    path = url.database
    if path and os.path.lexists(path) and not os.path.isfile(path):
        raise UsageError(f"storage {url}: unable to open what is no regular file")


def is_full(error: DBAPIError) -> bool:
    text = str(error.orig).lower()
    return "disk is full" in text or "no space left" in text


def is_away(error: DBAPIError) -> bool:
    """The storage cannot be reached or is busy, and may be back. SQLite's other operational errors
    are for good: a file that cannot be opened or written."""
    if type(error.orig).__module__.startswith("sqlite3"):
        return "locked" in str(error.orig) or "busy" in str(error.orig)
    if any(each in str(error.orig) for each in REFUSALS):
        return False
    return isinstance(error, OperationalError) or error.connection_invalidated


def insert_new(engine, table, rows: list):
    """An insert that leaves rows alone whose key exists."""
    if engine.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    return insert(table).on_conflict_do_nothing(), rows


class Results:
    """Records by run hash."""

    def __init__(self, engine):
        self._engine = engine

    def find(self, connection, hashes: list) -> dict:
        found = {}
        for first in range(0, len(hashes), 500):
            query = sql.select(results).where(results.c.hash.in_(hashes[first:first + 500]))
            found.update({row.hash: json.loads(row.record) for row in connection.execute(query)})
        return found

    def add(self, connection, records: dict):
        if records:
            # In one order, so that two workers with the same results do not lock each other out.
            statement, rows = insert_new(self._engine, results, [
                {"hash": each, "record": json.dumps(records[each])} for each in sorted(records)])
            connection.execute(statement, rows)


# ValueError: texts that are no JSON or UTF-8.
BROKEN = (OSError, DBAPIError, ValueError, UsageError)


class Cache:
    """Results of all studies of this user on this machine. Nothing depends on it."""

    def __init__(self, path):
        self._engine = None
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._engine = engine_of(sql.engine.URL.create("sqlite", database=str(path)))
            tables.create_all(self._engine, tables=[results])
        except BROKEN as error:
            self._give_up(error)

    def _give_up(self, error):
        print(f"explore: no cache of results: {error}".splitlines()[0], file=sys.stderr)
        self._engine = None

    def find(self, hashes: list) -> dict:
        if self._engine is None or not hashes:
            return {}
        try:
            with self._engine.connect() as connection:
                return Results(self._engine).find(connection, hashes)
        except BROKEN as error:
            self._give_up(error)
            return {}

    def add(self, records: dict):
        if self._engine is None or not records:
            return
        try:
            with self._engine.begin() as connection:
                Results(self._engine).add(connection, records)
        except BROKEN as error:
            self._give_up(error)

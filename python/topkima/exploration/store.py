# SPDX-License-Identifier: Apache-2.0
"""Where a study's points and results are kept: SQLite for one machine, PostgreSQL for many.

A point is open, claimed by a worker, or finished: done, infeasible (refused by the tool), failed.
A worker that has not been heard of for a while is taken for dead and loses its claims; what it had
not stored is simulated again, to the same result. Results lie under their run hash, once.
"""

import contextlib
import json
import math
import os
import socket
import sys
import time
import uuid

import sqlalchemy as sql
from sqlalchemy.exc import DBAPIError

from topkima.exploration.database import (Results, engine_of, files, insert_new, is_away, is_full,
                                          points, results, studies, tables, workers)
from topkima.errors import DataError, TopkimaError, UsageError
from topkima.files import OWN, read_text

HEARTBEAT_S = 5
DEAD_AFTER_S = 60           # without a heartbeat
STOP_PATIENCE_S = 5         # with a storage that is away, of who is asked to end
OUTCOME = ("number", "state", "hash", "objectives", "message")
CREATION_LOCK = 0x746F706B  # any number that means the same to all clients


class Store:
    """One study in a storage. `patience_s`: how long to wait for a storage that is away; may be
    changed from a signal's handler."""

    def __init__(self, url: str, study: str, patience_s: float = math.inf):
        self.url, self.study, self.patience_s = url, study, patience_s
        self._engine = engine_of(url)
        self._shown = repr(self._engine.url)    # without a password
        self._next_word = 0.0                   # that the storage is away
        self._results = Results(self._engine)

    @property
    def is_local(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    def _patiently(self, work):
        """`work` in one transaction; again while the storage is away."""
        def transaction():
            with self._engine.begin() as connection:
                return work(connection)
        return self.patiently(transaction)

    def patiently(self, work):
        """`work` with the storage, which must be fit to be done again: what a transaction has done
        may stay while its answer is lost with the connection."""
        begin = time.monotonic()
        while True:
            try:
                return work()
            except DBAPIError as error:
                text = str(error.orig).strip() or type(error.orig).__name__
                reason = f"storage {self._shown}: {text.splitlines()[0]}"
                if is_full(error):
                    raise TopkimaError(f"{reason}; what was stored before is kept, "
                                       "'explore resume' goes on") from error
                now = time.monotonic()
                if not is_away(error) or now - begin >= self.patience_s:
                    raise TopkimaError(reason) from error
                if self.patience_s == math.inf and now > self._next_word:
                    self._next_word = now + 60
                    print(f"explore: waiting for {reason}", file=sys.stderr)
                self._engine.dispose()      # the server may have too few connections for all
                time.sleep(min(2.0, 0.1 + (time.monotonic() - begin) / 4))

    # The study

    def create(self, definition: dict, rows: list):
        """`definition`: text, base and model_revision. With its first points, at once: a
        study is whole or not there."""
        def work(connection):
            if not self.is_local:
                # Two that look for a table and create it would collide.
                connection.execute(sql.select(sql.func.pg_advisory_xact_lock(CREATION_LOCK)))
            tables.create_all(connection)
            statement, values = insert_new(self._engine, studies,
                                           [{"name": self.study, **definition}])
            if connection.execute(statement, values).rowcount == 0:
                raise self._exists()
            self._add_points(connection, rows)
        self._patiently(work)

    def check_new(self):
        """Throws where the storage has the study already."""
        if self._find() is not None:
            raise self._exists()

    def _exists(self) -> UsageError:
        return UsageError(f"storage {self._shown} has a study '{self.study}' already: 'explore "
                          "resume' goes on with it, --name gives another name")

    def definition(self):
        """Row of text, base and model_revision."""
        row = self._find()
        if row is None:
            raise DataError(f"storage {self._shown} has no study '{self.study}'")
        return row

    def _find(self):
        def work(connection):
            if not sql.inspect(connection).has_table(studies.name):
                return None
            return connection.execute(
                sql.select(studies).where(studies.c.name == self.study)).first()
        if self.is_local and not os.path.exists(self._engine.url.database or ""):
            return None
        return self._patiently(work)

    def add_points(self, rows: list):
        """Rows of number, workload, parameters and perhaps trial; those that exist are left."""
        self._patiently(lambda c: self._add_points(c, rows))

    def _add_points(self, connection, rows: list):
        if rows:
            connection.execute(*insert_new(self._engine, points, [
                {"study": self.study, "state": "open", "trial": None, **row,
                 "parameters": json.dumps(row["parameters"])} for row in rows]))

    def counts(self) -> dict:
        query = sql.select(points.c.state, sql.func.count()).where(
            points.c.study == self.study).group_by(points.c.state)
        return dict(self._patiently(lambda c: c.execute(query).all()))

    def finished(self, after: int = -1, before: int = sys.maxsize) -> list:
        """All points whose numbers lie between, with their records: (row, record or None)."""
        query = sql.select(points, results.c.record).select_from(
            points.outerjoin(results, points.c.hash == results.c.hash)).where(
                points.c.study == self.study, points.c.number > after,
                points.c.number < before).order_by(points.c.number)
        rows = self._patiently(lambda c: c.execute(query).all())
        return [(row, json.loads(row.record) if row.record and row.state == "done" else None)
                for row in rows]

    def notes(self) -> list:
        """What is told of points that are done, and of how many: (text, count)."""
        query = sql.select(points.c.message, sql.func.count()).where(
            points.c.study == self.study, points.c.state == "done",
            points.c.message.is_not(None)).group_by(points.c.message).order_by(points.c.message)
        return self._patiently(lambda c: c.execute(query).all())

    def objectives(self) -> dict:
        """Of done points whose constraints hold, by number."""
        query = sql.select(points.c.number, points.c.objectives).where(
            points.c.study == self.study, points.c.objectives.is_not(None))
        return {number: json.loads(text)
                for number, text in self._patiently(lambda c: c.execute(query).all())}

    # Work

    def claim(self, worker: str, most: int) -> list:
        """Up to `most` open points, which are now this worker's; it has no others in work."""
        def work(connection):
            query = sql.select(points).where(points.c.study == self.study).order_by(
                points.c.number).limit(most).with_for_update(skip_locked=True)
            rows = connection.execute(query.where(points.c.state == "open")).all()
            if not rows:
                # Of a claim whose answer was lost with the connection.
                rows = connection.execute(query.where(
                    points.c.state == "claimed", points.c.worker == worker)).all()
            if rows:
                connection.execute(sql.update(points).where(
                    points.c.study == self.study,
                    points.c.number.in_([row.number for row in rows])).values(
                        state="claimed", worker=worker))
            return rows
        return self._patiently(work)

    def find(self, hashes: list) -> dict:
        return self._patiently(lambda c: self._results.find(c, hashes)) if hashes else {}

    def finish(self, worker: str, outcomes: list, records: dict, time_spent: dict,
               read: dict | None = None):
        """`outcomes`: dictionaries of the points' number, state, hash, objectives and message;
        `records`: new results, by hash; `read`: digests of the files that they come from, by path.
        What is finished or another's by now is left alone. DataError: a file was another when the
        study was begun."""
        def work(connection):
            if read:
                self._add_files(connection, read)
            self._results.add(connection, records)
            ours = sql.or_(points.c.state == "open",
                           sql.and_(points.c.state == "claimed", points.c.worker == worker))
            statement = sql.update(points).where(
                points.c.study == self.study, points.c.number == sql.bindparam("b_number"), ours
            ).values(worker=None, **{key: sql.bindparam(f"b_{key}") for key in OUTCOME[1:]})
            connection.execute(statement, [{f"b_{key}": outcome.get(key) for key in OUTCOME}
                                           for outcome in outcomes])
            connection.execute(sql.update(workers).where(workers.c.id == worker).values(
                seen=self._now(), **time_spent))
        self._patiently(work)

    def _add_files(self, connection, read: dict):
        connection.execute(*insert_new(self._engine, files, [
            {"study": self.study, "path": path, "sha256": read[path]} for path in sorted(read)]))
        for path, digest in self._files(connection).items():
            if read.get(path, digest) != digest:
                raise changed(path, self.study)

    def files(self) -> dict:
        """Digests of the files that the study's points were made from, by path."""
        return self._patiently(self._files)

    def _files(self, connection) -> dict:
        """Directories behind files: of a file that is gone, its own name is told."""
        rows = connection.execute(sql.select(files.c.path, files.c.sha256).where(
            files.c.study == self.study)).all()
        return dict(sorted(map(tuple, rows), key=lambda row: row[0].endswith("/")))

    def reopen(self):
        """Points that failed are tried again."""
        self._patiently(lambda c: c.execute(sql.update(points).where(
            points.c.study == self.study, points.c.state == "failed").values(
                state="open", message=None)))

    # Workers. Times are the storage's own: clocks of hosts differ.

    def _now(self):
        if self._engine.dialect.name == "postgresql":
            return sql.func.extract("epoch", sql.func.clock_timestamp())
        return sql.literal_column("(julianday('now') - 2440587.5) * 86400.0")

    def enter(self) -> str:
        host = socket.gethostname()
        worker = f"{host}:{uuid.uuid4().hex}"
        self._patiently(lambda c: c.execute(insert_new(self._engine, workers, [])[0].values(
            id=worker, study=self.study, host=host, machine=_machine(), pid=os.getpid(),
            seen=self._now(), points=0, seconds=0, simulating=0)))
        return worker

    def beat(self, worker: str):
        self._patiently(lambda c: c.execute(sql.update(workers).where(
            workers.c.id == worker).values(seen=self._now())))

    def leave(self, worker: str):
        """Its claims are open again."""
        self._patiently(lambda c: self._release(c, [worker]))

    def _release(self, connection, ids: list):
        connection.execute(sql.update(points).where(
            points.c.study == self.study, points.c.state == "claimed",
            points.c.worker.in_(ids)).values(state="open", worker=None))
        connection.execute(sql.update(workers).where(workers.c.id.in_(ids)).values(seen=0))

    def release_dead(self):
        """Claims of workers not heard of, or whose process on this machine is gone."""
        def work(connection):
            rows = connection.execute(sql.select(
                workers, (self._now() - workers.c.seen).label("silent")).where(
                    workers.c.study == self.study, workers.c.seen > 0)).all()
            here = _machine()
            dead = [row.id for row in rows if row.silent > DEAD_AFTER_S
                    or (row.machine == here and not _alive(row.pid))]
            if dead:
                self._release(connection, dead)
            return len(rows) - len(dead)
        return self._patiently(work)

    def worker_rows(self) -> list:
        return self._patiently(lambda c: c.execute(sql.select(workers).where(
            workers.c.study == self.study).order_by(workers.c.id)).all())

    @contextlib.contextmanager
    def searching(self, worker: str):
        """True for the one worker that may ask the next batch; the others get False."""
        now = self._now()
        free = sql.or_(studies.c.searcher.is_(None), studies.c.searcher == worker,
                       studies.c.searching_since < now - DEAD_AFTER_S,
                       studies.c.searcher.in_(sql.select(workers.c.id).where(workers.c.seen == 0)))
        mine = self._patiently(lambda c: c.execute(sql.update(studies).where(
            studies.c.name == self.study, free).values(
                searcher=worker, searching_since=now)).rowcount) == 1
        try:
            yield mine
        finally:
            if mine:
                self._patiently(lambda c: c.execute(sql.update(studies).where(
                    studies.c.name == self.study, studies.c.searcher == worker).values(
                        searcher=None)))


def changed(path: str, study: str) -> DataError:
    return DataError(f"{path}: has changed since study '{study}' was begun; begin another study")


def _machine() -> str:
    """Whatever its name: two may have the same, and containers number their processes apart."""
    boot = read_text("/proc/sys/kernel/random/boot_id", OWN).strip()
    return f"{boot} {os.readlink('/proc/self/ns/pid')}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

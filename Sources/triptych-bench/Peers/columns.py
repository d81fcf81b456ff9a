"""Panes, zooms and dice over events that lie in memory as columns, as one engine does it; one JSON line a case.

usage: columns.py ENGINE STEM OUT SERVICES      ENGINE: duckdb, polars, chdb, numpy
Reads STEM.times (int64, microseconds), STEM.services (uint16), STEM.severities (uint8). Every case is measured raw and
on the engine's own roll-up to seconds. `numpy` is the rival by the same idea as ours: cumulative rows.
OUT gets the cells of the whole at 30 s, to be compared with ours.
"""
import json
import math
import os
import sys
import tempfile
import time

import numpy as np

START_US = 1_768_471_200_000_000
SECONDS = 3_600
BANDS = 7
SEVERITIES = ["unknown", "trace", "debug", "info", "warn", "error", "fatal"]
ERROR = SEVERITIES.index("error")
DICE = [0, 1, 3, 4, 5]
ZOOM = (1_800, 2_160)  # seconds: a tenth of the whole
FINE_US = (1_800_000_000, 1_812_000_000)  # 120 columns of 100 ms


class Bench:
    def __init__(self, engine, event_count):
        self.engine = engine
        self.event_count = event_count

    def line(self, name, **fields):
        head = {"bench": "matrix", "case": name, "tool": self.engine, "events": self.event_count}
        print(json.dumps(head | fields), flush=True)

    def measure(self, name, ask, most=15, budget_s=12.0):
        times = []
        began = time.perf_counter()
        while len(times) < most and (len(times) < 2 or time.perf_counter() - began < budget_s):
            start = time.perf_counter()
            ask()
            times.append((time.perf_counter() - start) * 1e6)
        times.sort()
        rank = lambda share: round(times[min(len(times), max(1, math.ceil(len(times) * share))) - 1], 1)
        self.line(name, count=len(times), p50_us=rank(0.5), p95_us=rank(0.95), p99_us=rank(0.99))

    def memory(self, **fields):
        # Not ru_maxrss: that begins with what the process held that started this one.
        with open("/proc/self/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
        self.line("memory", peak_resident_bytes=peak * 1024, **fields)


def read(stem):
    return (
        np.fromfile(stem + ".times", "<i8"),
        np.fromfile(stem + ".services", "<u2"),
        np.fromfile(stem + ".severities", "u1"),
    )


def second_counts(times, services, severities, service_count):
    """Counts by second, service and severity; a block at a time, so that 100 million events need no second copy."""
    counts = np.zeros(SECONDS * service_count * BANDS, np.uint32)
    for start in range(0, len(times), 10_000_000):
        part = slice(start, start + 10_000_000)
        keys = ((times[part] - START_US) // 1_000_000 * service_count + services[part]) * BANDS + severities[part]
        counts += np.bincount(keys, minlength=len(counts)).astype(np.uint32)
    return counts.reshape(SECONDS, service_count * BANDS)


def write_cells(path, rows):
    """`rows`: (column of 30 s, service, severity, count)."""
    with open(path, "w") as file:
        file.write("time,service,severity,count\n")
        for column, service, severity, count in sorted(rows):
            file.write(f"{(START_US + column * 30_000_000) * 1000},{service},{SEVERITIES[severity]},{count}\n")


def roll_up_arrow(counts, service_count):
    import pyarrow as pa

    second, cell = np.nonzero(counts)
    return pa.table(
        {
            "b": second.astype(np.int32),
            "svc": (cell // BANDS).astype(np.uint16),
            "sev": (cell % BANDS).astype(np.uint8),
            "n": counts[second, cell],
        }
    )


def sql_cases(bench, ask, divided, table, prefix, count):
    """The same questions in SQL: `t` is in microseconds since the start for events, `b` in seconds for the roll-up."""
    raw = prefix == ""
    place = "t" if raw else "b"
    unit = 1_000_000 if raw else 1

    def grouped(width, where=""):
        return f"select {divided(place, width * unit)} as c, svc, sev, {count} as n from {table} {where} group by c, svc, sev"

    zoom = f"where {place} >= {ZOOM[0] * unit} and {place} < {ZOOM[1] * unit}"
    services = ", ".join(map(str, DICE))
    bench.measure(prefix + "pane", lambda: ask(grouped(30)))
    bench.measure(prefix + "zoom", lambda: ask(grouped(3, zoom)))
    bench.measure(prefix + "dice", lambda: ask(grouped(30, f"where sev >= {ERROR} and svc in ({services})")))
    if raw:
        fine = f"where t >= {FINE_US[0]} and t < {FINE_US[1]}"
        bench.measure("fine-100ms", lambda: ask(
            f"select {divided('t', 100_000)} as c, svc, sev, count(*) as n from {table} {fine} group by c, svc, sev"))
    return grouped(30)


def run_duckdb(bench, columns, out, service_count):
    import duckdb
    import pyarrow as pa

    times, services, severities = columns
    connection = duckdb.connect()
    events = pa.table({"t": times - START_US, "svc": services, "sev": severities})
    start = time.perf_counter()
    connection.execute("create table ev as select * from events")
    bench.line("build", seconds=round(time.perf_counter() - start, 3))
    del events
    ask = lambda query: connection.sql(query).to_arrow_table()
    divided = lambda place, width: f"{place} // {width}"
    whole = sql_cases(bench, ask, divided, "ev", "", "count(*)")
    write_cells(out, connection.execute(whole).fetchall())
    start = time.perf_counter()
    connection.execute(
        "create table r as select (t // 1000000)::int as b, svc, sev, count(*)::uinteger as n from ev group by 1, 2, 3 order by 1, 2, 3"
    )
    bench.line("rollup-build", seconds=round(time.perf_counter() - start, 3))
    sql_cases(bench, ask, divided, "r", "rollup-", "sum(n)")
    bench.memory()


def run_polars(bench, columns, out, service_count):
    import polars as pl

    times, services, severities = columns
    start = time.perf_counter()
    events = pl.DataFrame({"t": times - START_US, "svc": services, "sev": severities})
    bench.line("build", seconds=round(time.perf_counter() - start, 3))

    def cases(frame, prefix, place, unit, count):
        def grouped(width, where=None):
            lazy = frame.lazy() if where is None else frame.lazy().filter(where)
            return lazy.group_by((pl.col(place) // int(width * unit)).alias("c"), "svc", "sev").agg(count).collect()

        within = lambda first, last: (pl.col(place) >= first) & (pl.col(place) < last)
        bench.measure(prefix + "pane", lambda: grouped(30))
        bench.measure(prefix + "zoom", lambda: grouped(3, within(ZOOM[0] * unit, ZOOM[1] * unit)))
        bench.measure(prefix + "dice", lambda: grouped(30, (pl.col("sev") >= ERROR) & pl.col("svc").is_in(DICE)))
        if prefix == "":
            bench.measure("fine-100ms", lambda: grouped(0.1, within(*FINE_US)))
        return grouped(30)

    whole = cases(events, "", "t", 1_000_000, pl.len().alias("n"))
    write_cells(out, whole.select("c", "svc", "sev", "n").rows())
    start = time.perf_counter()
    rolled = (
        events.lazy()
        .group_by((pl.col("t") // 1_000_000).cast(pl.Int32).alias("b"), "svc", "sev")
        .agg(pl.len().alias("n"))
        .sort("b", "svc", "sev")
        .collect()
    )
    bench.line("rollup-build", seconds=round(time.perf_counter() - start, 3))
    cases(rolled, "rollup-", "b", 1, pl.col("n").sum())
    bench.memory()


def run_chdb(bench, columns, out, service_count):
    import pyarrow as pa
    import pyarrow.parquet as pq
    from chdb import session

    times, services, severities = columns
    with tempfile.TemporaryDirectory(dir=os.path.dirname(out)) as folder:
        path = os.path.join(folder, "events.parquet")
        table = pa.table({"t": times - START_US, "svc": services, "sev": severities})
        pq.write_table(table, path, compression="none")
        del table
        store = session.Session()
        store.query("create database bench engine = Atomic")
        store.query("use bench")
        store.query("create table ev (t Int64, svc UInt16, sev UInt8) engine = MergeTree order by t")
        start = time.perf_counter()
        store.query(f"insert into ev select * from file('{path}', 'Parquet')")
        bench.line("build", seconds=round(time.perf_counter() - start, 3))
        ask = lambda query: store.query(query, "Native")
        divided = lambda place, width: f"intDiv({place}, {width})"
        whole = sql_cases(bench, ask, divided, "ev", "", "count()")
        rows = str(store.query(whole, "TabSeparated")).split("\n")
        write_cells(out, [tuple(map(int, row.split("\t"))) for row in rows if row])
        start = time.perf_counter()
        store.query(
            "create table r (b Int32, svc UInt16, sev UInt8, n UInt32) engine = SummingMergeTree order by (b, svc, sev)"
        )
        store.query("insert into r select intDiv(t, 1000000), svc, sev, count() from ev group by 1, 2, 3")
        store.query("optimize table r final")
        bench.line("rollup-build", seconds=round(time.perf_counter() - start, 3))
        sql_cases(bench, ask, divided, "r", "rollup-", "sum(n)")
        bench.memory()


def run_numpy(bench, columns, out, service_count):
    start = time.perf_counter()
    counts = second_counts(*columns, service_count)
    rows = np.zeros((SECONDS + 1, counts.shape[1]), np.uint32)
    np.cumsum(counts, axis=0, dtype=np.uint32, out=rows[1:])
    bench.line("rollup-build", seconds=round(time.perf_counter() - start, 3))
    edges = np.arange(0, SECONDS + 1, 30)
    zoom = np.arange(ZOOM[0], ZOOM[1] + 1, 3)
    cells = np.array([service * BANDS + severity for service in DICE for severity in range(ERROR, BANDS)])

    def pane(edges):
        picked = rows[edges]
        return picked[1:] - picked[:-1]

    def dice():
        picked = rows[np.ix_(edges, cells)]
        return picked[1:] - picked[:-1]

    bench.measure("rollup-pane", lambda: pane(edges), most=200)
    bench.measure("rollup-zoom", lambda: pane(zoom), most=200)
    bench.measure("rollup-dice", dice, most=200)
    whole = pane(edges)
    write_cells(out, [(int(c), int(k) // BANDS, int(k) % BANDS, int(whole[c, k])) for c, k in np.argwhere(whole)])
    bench.memory(bytes=rows.nbytes)


if __name__ == "__main__":
    engine, stem, out, service_count = sys.argv[1:]
    columns = read(stem)
    runs = {"duckdb": run_duckdb, "polars": run_polars, "chdb": run_chdb, "numpy": run_numpy}
    runs[engine](Bench(engine, len(columns[0])), columns, out, int(service_count))

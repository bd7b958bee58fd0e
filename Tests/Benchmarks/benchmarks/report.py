"""The tables: Markdown with ratios for a reader, plain text with everything for whoever measures."""

from dataclasses import dataclass, field
from statistics import median

from .costs import Cost
from .python_loads import PythonLoad
from .python_servers import PYTHON_PEERS
from .rounds import Cell
from .variants import Variant

OURS = "roost"
PEERS = {"nginx": "nginx", "hummingbird": "Hummingbird"}
SENDFILE = "nginx-sendfile"
TEXT_COLUMNS = {"server", "beside", "target"}
FIGURES = ["load", "server", "req/s", "CPU us", "utime+stime", "p50 us", "p99 us", "load CPU"]
METRICS = ["rate", "cpu", "cpu_ticks", "p50", "p99", "generator_busy"]


@dataclass
class Results:
    machine: str
    settings: str
    cells: list[Cell] = field(default_factory=list)
    python: list[Cell] = field(default_factory=list)
    # Bytes and milliseconds by server name.
    idle: dict[str, list[float]] = field(default_factory=dict)
    idle_connections: int = 0
    ready: dict[str, list[float]] = field(default_factory=dict)
    costs: list[Cost] = field(default_factory=list)

    def as_json(self) -> dict:
        return {
            "machine": self.machine,
            "settings": self.settings,
            "loads": [cell.as_json() for cell in self.cells],
            "python": [cell.as_json() for cell in self.python],
            "idle_connections": self.idle_connections,
            "idle_bytes": self.idle,
            "ready_milliseconds": self.ready,
            "costs": [cost.as_json() for cost in self.costs],
        }


def figures(cell: Cell, server: str, metric: str) -> list[float]:
    return [getattr(sample, metric) for sample in cell.samples.get(server, [])]


def paired(ours: list[float], theirs: list[float]) -> list[float]:
    """Ratios within each round: what slowed the machine down for a while slowed both."""
    return [our / their for our, their in zip(ours, theirs) if their]


def markdown(results: Results) -> str:
    """Roost's figures as multiples of nginx's and Hummingbird's."""
    lines = []
    if results.cells:
        head = ["Roost ÷ nginx / Roost ÷ Hummingbird", "CPU per request", "requests per second", "p50", "p99"]
        lines += [markdown_row(head), markdown_row(["---"] + ["---:"] * (len(head) - 1))]
    for cell in results.cells:
        lines.append(markdown_row([cell.label] + [pair(cell, metric) for metric in ("cpu", "rate", "p50", "p99")]))
    if results.python:
        lines += [""] * bool(lines) + python_markdown(results.python)
    notes = []
    for what, show, values in [
        (f"Memory per idle connection, {results.idle_connections:,} open", kibibytes, results.idle),
        ("From exec to READY=1 (nginx: to its first answer)", milliseconds, results.ready),
    ]:
        if OURS in values:
            against = (f"{ratio(paired(values[OURS], values[other]))} × {title}" for other, title in PEERS.items() if other in values)
            notes.append(f"{what}: {', '.join([show(median(values[OURS])), *against])}.")
    for cell in results.cells:
        if OURS in cell.samples and (sendfile := cell.samples.get(SENDFILE)):
            cpu = paired(figures(cell, OURS, "cpu"), [sample.cpu for sample in sendfile])
            notes.append(f"{cell.label}: {ratio(cpu)} × the CPU of nginx when that sends a file by sendfile, which copies nothing.")
    notes.extend(cost_note(cost) for cost in results.costs)
    return "\n".join(lines + [""] * bool(lines) + [*notes, f"{results.machine}. {results.settings}"])


def pair(cell: Cell, metric: str) -> str:
    ours = figures(cell, OURS, metric)
    return " / ".join(ratio(paired(ours, figures(cell, peer, metric))) for peer in PEERS)


def plain(results: Results) -> str:
    """Every server, medians, with the spread of the ratio that matters most."""
    table = [FIGURES + ["CPU ÷ nginx", "CPU ÷ Hummingbird"]]
    for cell in results.cells:
        for server in cell.samples:
            row = plain_figures(cell, server)
            for other in PEERS:
                row.append(spread(paired(figures(cell, server, "cpu"), figures(cell, other, "cpu"))) if server != other else "1")
            table.append(row)
    parts = [aligned(table)] if len(table) > 1 else []
    if results.python:
        parts.append(aligned(python_table(results.python)))
    for title, unit, values in [
        (f"memory per idle connection ({results.idle_connections} open)", "bytes", results.idle),
        ("exec to ready", "ms", results.ready),
    ]:
        if values:
            table = [[title, f"median {unit}", "least", "most", "÷ nginx", "÷ Hummingbird"]]
            for server, found in values.items():
                ratios = [ratio(paired(found, values.get(other, []))) if server != other else "1" for other in PEERS]
                table.append([server] + [f"{value:.1f}" for value in (median(found), min(found), max(found))] + ratios)
            parts.append(aligned(table))
    parts.extend(aligned(cost_table(cost)) for cost in results.costs)
    return "\n\n".join(parts + [f"{results.machine}\n{results.settings}"])


def plain_figures(cell: Cell, server: str) -> list[str]:
    rate, cpu, ticks, p50, p99, busy = (median(figures(cell, server, metric)) for metric in METRICS)
    return [cell.label, server, f"{rate:.0f}", f"{cpu / 1000:.2f}", f"{ticks / 1000:.2f}", f"{p50:.0f}", f"{p99:.0f}", f"{busy:.0%}"]


def python_markdown(cells: list[Cell]) -> list[str]:
    """Roost's CPU as a fraction of each other server's; requests per second beside the one that the target names."""
    peers = [peer for peer in PYTHON_PEERS if any(peer in cell.samples for cell in cells)]
    head = ["CPU per request, Roost ÷", *peers, "requests per second", "target for CPU"]
    lines = [markdown_row(head), markdown_row(["---"] + ["---:"] * (len(head) - 2) + ["---"])]
    for cell in cells:
        best = python_load(cell).peers[0]
        rate = ratio(against(cell, best, "rate"))
        row = [cell.label, *(ratio(against(cell, peer, "cpu")) for peer in peers), f"{rate} × {best}", python_target(cell)]
        lines.append(markdown_row(row))
    return lines


def python_table(cells: list[Cell]) -> list[list[str]]:
    table = [FIGURES + ["CPU, roost ÷ it", "target"]]
    for cell in cells:
        for server in cell.samples:
            row = plain_figures(cell, server)
            row += [spread(against(cell, server, "cpu")) if server != OURS else "1"]
            table.append(row + [python_target(cell) if server == python_load(cell).peers[0] else ""])
    return table


def python_target(cell: Cell) -> str:
    load = python_load(cell)
    ratios = against(cell, load.peers[0], "cpu")
    met = f": {'met' if median(ratios) <= load.most else 'missed'}" if ratios else ""
    return f"≤ {load.most} × {load.peers[0]}{met}"


def python_load(cell: Cell) -> PythonLoad:
    assert isinstance(cell.load, PythonLoad)
    return cell.load


def against(cell: Cell, other: str, metric: str) -> list[float]:
    return paired(figures(cell, OURS, metric), figures(cell, other, metric))


def cost_note(cost: Cost) -> str:
    """One sentence of ratios."""
    titles = {variant.name: variant.title for variant in cost.comparison.variants}
    quotients = []
    for variant in cost.comparison.variants:
        if variant.beside:
            of_target = f" ({target(cost, variant)})" if variant.most else ""
            quotients.append(f"{variant.title} {thousandths(cost_ratio(cost, variant))} × {titles[variant.beside]}{of_target}")
    return f"{cost.label}, CPU per {cost.comparison.unit}: {'; '.join(quotients)}."


def cost_table(cost: Cost) -> list[list[str]]:
    table = [[cost.label, f"CPU us per {cost.comparison.unit}", "ratio", "least", "most", "beside", "target"]]
    titles = {variant.name: variant.title for variant in cost.comparison.variants}
    for variant in cost.comparison.variants:
        row = [variant.title, f"{median(cost.samples[variant.name]) / 1000:.2f}"]
        if variant.beside:
            ratios = cost_ratios(cost, variant)
            row += [thousandths(value) for value in (median(ratios), min(ratios), max(ratios))]
            row += [titles[variant.beside], target(cost, variant) if variant.most else ""]
        else:
            row += ["1", "", "", "", ""]
        table.append(row)
    return table


def target(cost: Cost, variant: Variant) -> str:
    met = variant.most is None or cost_ratio(cost, variant) <= variant.most
    return f"≤ {variant.most}: {'met' if met else 'missed'}"


def cost_ratio(cost: Cost, variant: Variant) -> float:
    return median(cost_ratios(cost, variant))


def cost_ratios(cost: Cost, variant: Variant) -> list[float]:
    return paired(cost.samples[variant.name], cost.samples[variant.beside or variant.name])


def thousandths(value: float) -> str:
    """Costs of one or two in a hundred are what is looked for."""
    return f"{value:.3f}"


def markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def aligned(table: list[list[str]]) -> str:
    """First column to the left, the others to the right, columns of text to the left as well."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = []
    for row in table:
        cells = [cell.ljust(width) if is_text(column, table) else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def is_text(column: int, table: list[list[str]]) -> bool:
    return column == 0 or table[0][column] in TEXT_COLUMNS


def ratio(ratios: list[float]) -> str:
    return significant(median(ratios)) if ratios else "–"


def spread(ratios: list[float]) -> str:
    if not ratios:
        return "–"
    return f"{significant(median(ratios))} ({significant(min(ratios))}..{significant(max(ratios))})"


def significant(value: float) -> str:
    return f"{value:.{3 if value < 0.1 else 2 if value < 10 else 1}f}"


def kibibytes(value: float) -> str:
    return f"{value / 1024:.2f} KiB"


def milliseconds(value: float) -> str:
    return f"{value:.1f} ms"

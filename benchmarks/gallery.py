"""Draw every figure of a simulated fill small, and write the page that shows them: ``python -m benchmarks.gallery``.

CI draws them into a folder of its own (``-o DIR``), so that a figure that cannot be drawn is noticed; the committed pictures
are drawn again by hand when figures change.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from bhm_columnar import analyse, simulate_dumps
from bhm_columnar.conditions.gather import Wanted
from bhm_columnar.plotting.compose import ALL_FIGURES, ALL_PER_CHANNEL, ALL_WHOLE
from bhm_columnar.plotting.figures import draw_figure
from bhm_columnar.plotting.results import Results, load_results
from bhm_columnar.plotting.standard import FIGURES, PER_REGION, PER_SIDE_AND_REGION
from bhm_columnar.simulation.fill import FILLING_FILE, LUMI_FILE, RUNS_FILE, Fill
from bhm_columnar.simulation.model import Model

DOCS = Path(__file__).parents[1] / "docs"
IMAGES = Path("images") / "gallery"
WIDTH = 480
#: of the octree, which keeps small marks in their colours
_COLOURS = 200
HEAD = """# Gallery

Every figure that `bhm plot` draws, of a simulated fill. `OUT` is what `bhm analyse` wrote; `.pdf`, `.png` and `.svg` can be asked
for, `--style dark` is for control rooms, and [cli.md](cli.md#figures) has all options. Figures of the standard set are
in `OUT/figures` already. This page is written by `python -m benchmarks.gallery`.
"""
ON_DEMAND = "\n# On demand\n\nThese are not in the standard set.\n"


def part_of(name: str) -> str:
    """Part of the results that the gallery shows."""
    if name in ALL_WHOLE:
        return "both"
    if name in PER_REGION:
        return "SR"
    if name in PER_SIDE_AND_REGION:
        return "plusZ_SR"
    return "PN03" if name in ALL_PER_CHANNEL else "plusZ"


def command_of(name: str) -> str:
    """What a person types to get the figure."""
    of = "" if name in ALL_WHOLE else f" --of {part_of(name)}"
    return f"bhm plot OUT --figure {name}{of} -o {name}.pdf"


def write_page() -> str:
    """Text of the page."""
    lines = [HEAD]
    for place, (name, what) in enumerate(ALL_FIGURES.items()):
        if place == len(FIGURES):
            lines.append(ON_DEMAND)
        sentence = f"{what.partition(';')[0]}."
        alt = sentence[0].upper() + sentence[1:]
        lines.append(
            f"\n## {name}\n\n{alt}\n\n![{alt}]({IMAGES.as_posix()}/{name}.png)\n\n    {command_of(name)}\n"
        )
    return "".join(lines)


def make_results(folder: Path, events: int) -> Results:
    """Results of a simulated fill with everything that any figure needs."""
    model = Model(fill=Fill(), rate_hz=30.0, bx_offset=100)
    simulate_dumps(folder / "toy", events=events, seed=11, model=model)
    files = {"conditions": RUNS_FILE, "lumi": LUMI_FILE, "filling": FILLING_FILE}
    wanted = Wanted(**{name: folder / "toy" / file for name, file in files.items()})
    analyse(folder / "toy", folder / "out", figures=False, conditions=wanted)
    return replace(load_results(folder / "out"), inputs=())


def draw(results: Results, folder: Path, width: int = WIDTH) -> None:
    """Draw every figure, small and with few colours."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ALL_FIGURES:
        path = folder / f"{name}.png"
        draw_figure(results, name, part_of(name), [path])
        with Image.open(path) as large:
            small = large.convert("RGB").resize(
                (width, round(large.height * width / large.width)), Image.Resampling.LANCZOS
            )
        small.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            path, optimize=True
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Write page and pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=DOCS, help="folder of the page (default docs)")
    parser.add_argument("--events", type=int, default=30_000, help="simulated events a side")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        draw(make_results(Path(folder), args.events), args.output / IMAGES)
    (args.output / "gallery.md").write_text(write_page())
    print(f"{len(ALL_FIGURES)} figures in {args.output / IMAGES}")


if __name__ == "__main__":
    main()

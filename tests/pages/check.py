#!/usr/bin/env python3
"""Opens pages in a headless Chromium and uses them as a reader would.

    check.py PAGE... [--pictures FOLDER] [--most MB]

Of every page: it is small enough, it is whole without scripts, nothing is written to the console, nothing is fetched, nothing is wider
than the window at 400, 1000, 1300 and 1600 pixels, light and dark, tables sort, sections fold, and it prints. Of a page whose
architectures can be explored: pointing shows one, a frame selects in every figure and in the list, the search finds, and drawings are
those that the program made.
"""

import argparse
import pathlib
import sys

from browser import Browser, installed

WIDTHS = [400, 1000, 1300, 1600]
# Seconds that a page may take to open: an idle machine takes less than one for the largest.
LONGEST = 4

# Sorts the first table by its last column, twice; whether each time the rows are in order.
SORTS = """(() => {
  const table = document.querySelector('main .scroll > table');
  if (!table || table.tBodies[0].rows.length < 2) return true;
  const place = table.tHead.rows[0].cells.length - 1;
  const button = table.tHead.rows[0].cells[place].querySelector('button');
  const values = () => [...table.tBodies[0].rows].map(row => parseFloat((row.cells[place].firstChild?.textContent ?? '').replace('−', '-')));
  const sorted = falling => { const known = values().filter(value => !Number.isNaN(value));
    return known.every((value, i) => i === 0 || (falling ? known[i - 1] >= value : known[i - 1] <= value)); };
  const orders = [];
  for (let i = 0; i < 2; i++) {
    button.click();
    const order = table.tHead.rows[0].cells[place].getAttribute('aria-sort');
    orders.push(order);
    if (!sorted(order === 'descending')) return `not ${order}: ${values()}`;
  }
  return orders[0] !== orders[1] || `both ${orders[0]}`;
})()"""

# Drawings made by the program, and those that the scripts make of the same architectures.
DRAWINGS = """(() => {
  const made = new Map();
  for (const svg of document.querySelectorAll('main .scroll > table:not(#archs) svg.cell')) made.set(svg.getAttribute('aria-label'), svg.outerHTML);
  const holder = document.createElement('div');
  let same = 0;
  for (const [arch, html] of made) {
    const row = atlas.archs.indexOf(arch);
    if (row < 0) continue;
    holder.innerHTML = atlas.drawing(row);
    if (holder.innerHTML !== html) return `${arch}: ${html} is drawn as ${holder.innerHTML}`;
    same += 1;
  }
  return same;
})()"""


class Failed(Exception):
    pass


def expect(holds, what):
    if not holds:
        raise Failed(what)


def check(browser, page, pictures, most):
    url = pathlib.Path(page).resolve().as_uri()
    size = pathlib.Path(page).stat().st_size
    expect(size < most * 1e6, f"{size} bytes, more than {most} MB")
    browser.open(url, scripts=False)
    expect(browser.run("document.querySelectorAll('main button, main canvas').length") == 0, "controls without scripts")
    expect(browser.run("[...document.querySelectorAll('figure svg')].every(svg => svg.getBoundingClientRect().height > 0)"), "figures are hidden")
    for width in WIDTHS:
        for dark in [False, True]:
            browser.size(width, 1000, dark)
            seconds = browser.open(url)
            expect(seconds < LONGEST, f"takes {seconds:.1f} s to open")
            scheme = "dark" if dark else "light"
            expect(browser.run("document.documentElement.scrollWidth") <= width, f"wider than {width} pixels")
            if pictures:
                path = pathlib.Path(page)
                # In a window as high as the page, all of its figures are drawn.
                browser.size(width, min(browser.run("document.documentElement.scrollHeight"), 9000), dark)
                browser.settle()
                browser.picture(pictures / f"{path.parent.name}-{path.stem}-{width}-{scheme}.png", whole=True)
    fetched = browser.run("performance.getEntriesByType('resource').map(entry => entry.name).filter(name => !name.startsWith('data:'))")
    expect(fetched == [], f"fetches {fetched}")
    sorts = browser.run(SORTS)
    expect(sorts is True, f"a table does not sort: {sorts}")
    if browser.run("document.querySelectorAll('details.section').length") > 1:
        folds(browser)
    explored = browser.run("atlas !== null")
    if explored:
        explore(browser)
    expect(browser.printed() > 0, "prints no page")
    complaints = browser.complaints()
    expect(complaints == [], f"the console says {complaints}")
    print(f"{page}: {size / 1e6:.2f} MB, opens in {seconds:.2f} s" + (", can be explored" if explored else ""))


def folds(browser):
    count = "document.querySelectorAll('details.section[open]').length"
    browser.run("document.querySelector('nav button').click()")
    browser.settle()
    expect(browser.run(count) == 0, "sections do not fold")
    # A link of the contents opens what it leads to.
    browser.run("document.querySelector('nav a').click()")
    expect(browser.run(count) == 1, "the contents do not open a section")
    browser.run("document.querySelector('nav button').click(); document.querySelector('nav button').click()")
    browser.settle()
    expect(browser.run(count) > 1, "sections do not unfold")


def explore(browser):
    said = "document.querySelector('#explore output').textContent"
    listed = "document.querySelectorAll('#archs tbody tr').length"
    canvas = "#explore canvas"
    browser.middle(canvas)
    browser.settle()
    at = browser.run("""(() => {
      const box = document.querySelector('#explore canvas').getBoundingClientRect(), plot = [...linked.plots][0];
      const row = plot.shown[Math.floor(plot.shown.length / 2)];
      return [box.x + plot.px[row], box.y + plot.py[row], box.x + 4, box.y + 4, box.right - 4, box.bottom - 4, plot.shown.length];
    })()""")
    browser.point(at[0], at[1])
    browser.settle()
    expect(browser.run("!document.querySelector('#tip').hidden && linked.pointed >= 0"), "pointing shows nothing")
    expect(browser.run("document.querySelector('#tip code').textContent === atlas.archs[linked.pointed]"), "shows another")
    browser.drag(at[2:4], at[4:6])
    expect(browser.run("linked.selected.size") == at[6], "a frame around all does not select all")
    browser.point(at[0], at[1], "mousePressed", 1)
    browser.point(at[0], at[1], "mouseReleased")
    browser.settle()
    expect(browser.run("linked.selected.size") == 1 and browser.run(listed) == 1, "a click does not select one")
    expect(browser.run("document.querySelector('#archs code').textContent === atlas.archs[[...linked.selected][0]]"), "lists another")
    saved = browser.run(
        "(() => { const link = document.querySelector('#explore .controls a'); link.addEventListener('click', event => event.preventDefault());"
        " link.click(); return decodeURIComponent(link.href.split(',')[1]) === atlas.archs[[...linked.selected][0]] + '\\n'; })()"
    )
    expect(saved, "what is saved is not what is selected")
    browser.run("document.querySelector('#explore .controls button').click()")
    whole = browser.run("atlas.archs.length")
    expect(browser.run(listed) == min(whole, 20) and str(whole) in browser.run(said), "clearing does not list all")
    first = browser.run("atlas.archs[0]")
    found = browser.run(
        "(() => { const field = document.querySelector('#search'); field.value = atlas.archs[0].replace(/ /g, '');"
        " field.dispatchEvent(new Event('input')); return [...linked.selected].map(row => atlas.archs[row]); })()"
    )
    expect(first in found or " " in first, f"the search for {first} finds {found}")
    name = browser.run("atlas.columns[0].name")
    held = browser.run(
        f"(() => {{ const field = document.querySelector('#search'), column = atlas.columns[0];"
        f" const middle = [...column.values].filter(value => !Number.isNaN(value)).sort((a, b) => a - b)[Math.floor(column.values.length / 4)];"
        f" field.value = column.name + '>' + middle; field.dispatchEvent(new Event('input'));"
        f" return [...linked.selected].every(row => column.values[row] > middle); }})()"
    )
    expect(held, f"a condition on {name} selects what does not satisfy it")
    browser.run("document.querySelector('#explore .controls button').click()")
    # Colours, another axis, another order of the list.
    browser.run("(() => { const by = document.querySelector('#explore .controls label select'); by.value = '0'; by.dispatchEvent(new Event('change')); })()")
    browser.run("(() => { const how = document.querySelectorAll('.plot select')[1]; how.value = 'rank'; how.dispatchEvent(new Event('change')); })()")
    browser.settle()
    browser.run("document.querySelector('#archs thead th:nth-child(2) button').click()")
    sorted_ = browser.run("[...document.querySelectorAll('#archs tbody tr')].map(tr => atlas.columns.find(c => c.label === document.querySelector('#archs th:nth-child(2)').textContent).values[Number(tr.dataset.row)])")
    sorted_ = [value for value in sorted_ if value is not None]
    expect(sorted_ in (sorted(sorted_), sorted(sorted_, reverse=True)), f"the list is not sorted: {sorted_}")
    drawings = browser.run(DRAWINGS)
    expect(not isinstance(drawings, str), f"scripts draw otherwise than the program: {drawings}")
    drawn = browser.run("document.querySelectorAll('main .scroll > table:not(#archs) svg.cell').length")
    expect(drawings > 0 or drawn == 0, "none of the drawings is one of an architecture to explore")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--pictures", type=pathlib.Path, help="a folder for screenshots, to be looked at")
    parser.add_argument("--most", type=float, default=5, help="MB that a page may have")
    arguments = parser.parse_args()
    program = installed()
    if program is None:
        sys.exit("there is no Chromium here")
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    browser = Browser(program)
    failures = 0
    try:
        for page in arguments.pages:
            try:
                check(browser, page, arguments.pictures, arguments.most)
            except Failed as failed:
                failures += 1
                print(f"{page}: {failed}", file=sys.stderr)
    finally:
        browser.close()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

// The explorer: figures with axes of one's choice, a search, and the list of architectures; and the small figures made live.
if (atlas) (() => {
  const { columns, archs } = atlas;
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const GROUPS = { target: 'Targets', proxy: 'Proxies', other: 'Other columns' };
  const choose = (label, chosen, onChange, none) => {
    const select = make('select');
    select.setAttribute('aria-label', label);
    if (none) select.append(new Option(none, '-1'));
    for (const [role, title] of Object.entries(GROUPS)) {
      const group = make('optgroup', { label: title });
      columns.forEach((column, place) => { if (column.role === role) group.append(new Option(column.label, place)); });
      if (group.children.length) select.append(group);
    }
    select.value = String(chosen ? columns.indexOf(chosen) : -1);
    select.addEventListener('change', () => onChange(columns[Number(select.value)] || null));
    return select;
  };

  const targets = columns.filter(column => column.role === 'target');
  const proxies = columns.filter(column => column.role === 'proxy');
  const sizes = columns.filter(column => /(^|_)(params|flops|macs)($|_)/.test(column.name));
  const strongest = [...proxies].sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength));
  const main = targets[0] || strongest[0] || columns[0];

  // Figures.
  const holder = document.getElementById('explore');
  const grid = make('div', { className: 'plots' });
  const addPlot = (x, y) => {
    const frame = make('div', { className: 'plot' });
    const row = make('div', { className: 'controls' });
    const area = make('div');
    frame.append(row, area);
    grid.append(frame);
    const plot = new Plot(area, { x, y });
    const scale = (axis, name) => {
      const select = make('select');
      select.setAttribute('aria-label', `Scale of the ${name} axis`);
      for (const [word, text] of [['value', 'value'], ['log', 'log'], ['rank', 'rank']]) select.append(new Option(text, word));
      select.value = plot[`${axis}Scale`];
      select.addEventListener('change', () => plot.set({ [`${axis}Scale`]: select.value }));
      return select;
    };
    const axis = (axis, name) => {
      const how = scale(axis, name);
      const what = choose(`Column on the ${name} axis`, plot[axis], column => {
        plot.set({ [axis]: column, [`${axis}Scale`]: column.scale });
        how.value = column.scale;
      });
      return make('span', {}, what, how);
    };
    const close = make('button', { textContent: '×', title: 'Close this figure' });
    close.addEventListener('click', () => { linked.plots.delete(plot); frame.remove(); });
    row.append(axis('y', 'vertical'), ' against ', axis('x', 'horizontal'), close);
    return plot;
  };

  // What is above them.
  const legend = make('span', { className: 'legend' });
  const recolour = column => {
    linked.colour = column;
    legend.replaceChildren();
    if (column) {
      const known = column.values.filter(value => !Number.isNaN(value)).sort();
      const stops = Array.from({ length: 12 }, (_, i) => colours.ramp(i / 11)).join(',');
      const bar = make('i');
      bar.style.background = `linear-gradient(90deg,${stops})`;
      const how = column.scale === 'value' ? '' : column.scale === 'rank' ? ', by rank' : ', by its logarithm';
      legend.append(atlas.number(known[0]), bar, atlas.number(known[known.length - 1]) + how);
    }
    linked.recoloured();
  };
  const search = make('input', { type: 'search', id: 'search', placeholder: 'Search: conv_3x3 params>1e6 …' });
  search.setAttribute('aria-label', 'Search architectures: parts of their text, and conditions such as params>1000000');
  const said = make('output');
  const clear = make('button', { textContent: 'Clear selection' });
  const save = make('a', { textContent: 'Save selection', download: 'selected.txt', hidden: true });
  save.title = 'The selected architectures, one a line, as --archs reads them';
  save.addEventListener('click', () => {
    const text = [...linked.selected].sort((a, b) => a - b).map(row => `${archs[row]}\n`).join('');
    save.href = `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`;
  });
  const more = make('button', { textContent: 'Add a figure' });
  more.addEventListener('click', () => addPlot(strongest[0] || columns[0], main));
  const colourBy = make('label', {}, 'Colour by ', choose('Colour by', null, recolour, 'nothing'));
  holder.replaceChildren(make('p', { className: 'note', textContent: 'Point at a point to see its architecture; drag a frame or click to select, '
    + 'with Shift to add; what is selected is marked in every figure of this page and listed below.'
    + (document.querySelector('figure[data-x]') ? ' Double-click a smaller figure to have it here.' : '')
    + (atlas.whole > archs.length ? ` These are ${archs.length} of ${atlas.whole} architectures: the best and a random sample.` : '')
    + (atlas.leftOut ? ` ${atlas.leftOut} more columns are left out, so that the page stays small.` : '') }),
  make('div', { className: 'controls' }, search, clear, save, said, colourBy, legend, more), grid);

  const matches = text => {
    const tests = text.trim().split(/\s+/).filter(word => word).map(word => {
      const condition = /^(.+?)(<=|>=|!=|=|<|>)(-?[\d.]+(?:e[+-]?\d+)?)$/i.exec(word);
      const column = condition && columns.find(one => one.name === condition[1] || one.label === condition[1]);
      if (!column) {
        const small = word.toLowerCase();
        return row => archs[row].toLowerCase().includes(small);
      }
      const value = Number(condition[3]);
      const holds = { '<': a => a < value, '>': a => a > value, '<=': a => a <= value, '>=': a => a >= value, '=': a => a === value, '!=': a => a !== value };
      return row => !Number.isNaN(column.values[row]) && holds[condition[2]](column.values[row]);
    });
    const rows = [];
    for (let row = 0; row < archs.length; row++) if (tests.every(test => test(row))) rows.push(row);
    return rows;
  };
  let searched = false;
  search.addEventListener('input', () => {
    searched = search.value.trim() !== '';
    const rows = searched ? matches(search.value) : [];
    linked.select(rows);
    if (searched && rows.length === 0) said.textContent = 'no architecture matches';
  });
  clear.addEventListener('click', () => { search.value = ''; linked.select([]); });
  addEventListener('keydown', event => { if (event.key === 'Escape') clear.click(); });

  // The list.
  const STEP = 20;
  let by = main, falling = !main.lower, shown = STEP;
  const table = make('table', { id: 'archs' });
  const listed = [...targets, ...strongest, ...columns.filter(column => column.role === 'other')].slice(0, 40);
  const heads = make('tr');
  for (const column of [null, ...listed]) {
    const head = make('th', { scope: 'col', className: column ? 'number' : '' });
    const button = make('button', { textContent: column ? column.label : 'architecture' });
    button.addEventListener('click', () => {
      falling = by === column ? !falling : column !== null && !column.lower;
      by = column;
      shown = STEP;
      list();
    });
    head.append(button);
    heads.append(head);
  }
  const body = make('tbody');
  table.append(make('thead', {}, heads), body);
  const next = make('button', { textContent: `Show ${STEP} more` });
  next.addEventListener('click', () => { shown += STEP; list(); });
  const list = () => {
    const rows = linked.selected.size > 0 ? [...linked.selected] : archs.map((_, row) => row);
    const key = by ? row => (Number.isNaN(by.values[row]) ? null : by.values[row]) : row => archs[row];
    rows.sort((a, b) => sortedBy(key(a), key(b), falling));
    [...heads.cells].forEach((head, place) => {
      const column = place === 0 ? null : listed[place - 1];
      if (column === by) head.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    body.replaceChildren(...rows.slice(0, shown).map(row => {
      const line = make('tr');
      line.dataset.row = row;
      line.tabIndex = 0;
      const cells = listed.map(column => `<td class="number">${escaped(atlas.said(column, row))}</td>`);
      line.innerHTML = `<th scope="row"><code>${breakable(archs[row])}</code>${atlas.drawing(row)}</th>${cells.join('')}`;
      return line;
    }));
    next.hidden = rows.length <= shown;
    const count = linked.selected.size;
    said.textContent = count > 0 ? `${count} of ${archs.length} selected` : `${archs.length} architectures`;
    clear.disabled = count === 0;
    save.hidden = count === 0;
  };
  for (const kind of ['pointerover', 'focusin']) {
    body.addEventListener(kind, event => {
      const line = event.target.closest('tr');
      if (line) linked.point(Number(line.dataset.row));
    });
  }
  body.addEventListener('keydown', event => {
    if (event.key === 'Enter') linked.select([Number(event.target.closest('tr').dataset.row)], event.shiftKey);
  });
  body.addEventListener('pointerleave', () => linked.point(-1));
  body.addEventListener('click', event => {
    const line = event.target.closest('tr');
    if (line && String(getSelection()) === '') linked.select([Number(line.dataset.row)], event.shiftKey);
  });
  linked.onSelect(() => { shown = STEP; list(); });
  holder.append(make('div', { className: 'scroll tall' }, table), next);

  const first = strongest[0] || columns.find(column => column.role === 'other');
  const second = sizes.find(size => size !== first) || strongest[1];
  if (targets.length) {
    if (first) addPlot(first, main);
    if (second) addPlot(second, main);
  } else if (first && second) {
    addPlot(first, second);
    if (strongest[3]) addPlot(strongest[2], strongest[3]);
  }
  else addPlot(columns[0], columns[columns.length - 1]);
  list();

  // The small figures, drawn anew from the same architectures.
  for (const figure of document.querySelectorAll('figure[data-x]')) {
    const x = atlas.find(figure.dataset.x), y = atlas.find(figure.dataset.y);
    if (!x || !y) continue;
    const area = make('div', { className: 'live' });
    figure.prepend(area);
    figure.classList.add('is-live');
    area.title = 'Double-click to have this figure large among those to explore';
    area.addEventListener('dblclick', () => {
      addPlot(x, y);
      holder.scrollIntoView();
    });
    const { from } = figure.dataset;
    new Plot(area, from ? { x, y, from: Math.fround(Number(from)), yScale: 'value', small: true } : { x, y, small: true });
  }
  colours.onChange(() => { recolour(linked.colour); });
})();

// The architectures of a page, read from its compact form: see src/report/page/data.rs.
const atlas = (() => {
  const element = document.getElementById('data');
  if (!element) return null;
  const form = JSON.parse(element.textContent);

  // Each architecture shares its first characters with the one before it.
  let before = '';
  const archs = form.archs.map(text => {
    before = before.slice(0, text.charCodeAt(0) - 48) + text.slice(1);
    return before;
  });
  const numbers = ({ form: packed, values }) => {
    const text = atob(values), bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    if (packed === 'byte') return Float32Array.from(bytes, byte => (byte === 255 ? NaN : byte));
    const floats = new Float32Array(bytes.buffer);
    return packed === 'ln' ? Float64Array.from(floats, Math.exp) : floats;
  };
  const columns = form.columns.map(column => ({ ...column, values: numbers(column), bad: new Map() }));
  for (const { status, columns: places, rows } of form.bad) {
    for (const place of places) for (const row of rows) columns[place].bad.set(row, status);
  }

  // Place of every value among the others, from 0 to 1; equal values share theirs.
  const ranks = column => {
    if (column.ranks) return column.ranks;
    const { values } = column;
    const known = [];
    for (let row = 0; row < values.length; row++) if (!Number.isNaN(values[row])) known.push(row);
    known.sort((a, b) => values[a] - values[b]);
    const last = Math.max(known.length - 1, 1);
    column.ranks = new Float32Array(values.length).fill(NaN);
    for (let first = 0, end; first < known.length; first = end) {
      for (end = first + 1; end < known.length && values[known[end]] === values[known[first]]; end++);
      for (let at = first; at < end; at++) column.ranks[known[at]] = (first + end - 1) / 2 / last;
    }
    column.sorted = known.map(row => values[row]);
    return column.ranks;
  };

  const CODE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const cells = row => {
    const code = form.drawn[row] || '';
    const found = [];
    for (let at = 0; at < code.length; at += 2) {
      const token = form.tokens[CODE.indexOf(code[at]) * 64 + CODE.indexOf(code[at + 1])];
      const last = found[found.length - 1];
      if (token[0] === 't') found.push({ title: token[1], vertices: [], edges: [] });
      else if (token[0] === 'v') last.vertices.push({ label: token[1], operation: token[2] === 1, live: token[3] === 1, kind: token[4] });
      else last.edges.push({ from: token[1], to: token[2], label: token[3], live: token[4] === 1, kind: token[5] });
    }
    return found;
  };

  const number = value => {
    if (Number.isNaN(value)) return '–';
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e7) return String(value).replace('-', '−');
    const small = size !== 0 && (size >= 1e7 || size < 1e-3);
    const text = small ? value.toExponential(3).replace(/\.?0*e\+?/, 'e') : String(Number(value.toPrecision(5)));
    return text.replaceAll('-', '−');
  };

  return {
    archs, columns, ranks, number,
    whole: form.whole,
    find: name => columns.find(column => column.name === name),
    drawing: row => (form.drawn[row] ? drawn(cells(row), archs[row]) : ''),
    // A value in words: where there is no number, why.
    said: (column, row) => (Number.isNaN(column.values[row]) ? column.bad.get(row) || '–' : number(column.values[row])),
  };
})();

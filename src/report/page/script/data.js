// The architectures of a page, read from its compact form: see src/report/page/data.rs.
const atlas = (() => {
  const element = document.getElementById('data');
  if (!element) return null;
  const form = JSON.parse(element.textContent);

  // Each text shares its first characters with the one before it.
  const whole = texts => {
    let before = '';
    return texts.map(text => {
      before = before.slice(0, text.charCodeAt(0) - 48) + text.slice(1);
      return before;
    });
  };
  const archs = whole(form.archs), drawings = whole(form.drawn);
  // Columns of numbers, whose forms are those of src/report/page/packed.rs.
  const bits = new Uint32Array(1), float = new Float32Array(bits.buffer);
  const threes = (bytes, of) => {
    const values = new Float32Array(bytes.length / 3);
    for (let row = 0, at = 0; row < values.length; row++, at += 3) values[row] = of(bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16);
    return values;
  };
  const forms = {
    byte: bytes => Float32Array.from(bytes, byte => (byte === 255 ? NaN : byte)),
    steps: (bytes, { low, per }) => threes(bytes, number => (number === 0xffffff ? NaN : (low + number) / per)),
    short: (bytes, { base, shift }) => threes(bytes, number => {
      const signed = number << 8 >> 8;
      if (signed === 0) return 0;
      if (signed === -0x800000) return NaN;
      bits[0] = base + (Math.abs(signed) - 1) * 2 ** shift;
      return Math.sign(signed) * float[0];
    }),
    float: bytes => new Float32Array(bytes.buffer),
    ln: bytes => Float64Array.from(new Float32Array(bytes.buffer), Math.exp),
  };
  const numbers = ({ form: packed, values }) => {
    const text = atob(values), bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return forms[packed.is](bytes, packed);
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
    const code = drawings[row] || '';
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
    leftOut: form.left_out,
    find: name => columns.find(column => column.name === name),
    drawing: row => (drawings[row] ? drawn(cells(row), archs[row]) : ''),
    // A value in words: where there is no number, why.
    said: (column, row) => (Number.isNaN(column.values[row]) ? column.bad.get(row) || '–' : number(column.values[row])),
  };
})();

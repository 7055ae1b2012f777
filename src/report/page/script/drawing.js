// Lays out a drawing as src/space/drawing/svg.rs does, in the same markup.
const escaped = text => text.replace(/[&<>"']/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);
// An architecture that goes on in the next line behind one of its parts rather than within it.
const breakable = arch => escaped(arch).replace(/[|,]/g, '$&<wbr>');

const drawn = (cells, label) => {
  const CHARACTER = 7, LANE = 24, HALF = 11;
  const half = number => Math.trunc(number / 2);

  const lanesOf = edges => {
    const order = edges.map((_, place) => place);
    order.sort((a, b) => (edges[a].to - edges[a].from) - (edges[b].to - edges[b].from) || edges[a].from - edges[b].from || a - b);
    const lanes = [], taken = [];
    for (const place of order) {
      const { from, to } = edges[place];
      let lane = to - from > 1 ? 1 : 0;
      while (taken.some(([other, a, b]) => other === lane && to > a && from < b)) lane += 1;
      taken.push([lane, from, to]);
      lanes[place] = lane;
    }
    return lanes;
  };
  const laid = cell => {
    const lanes = lanesOf(cell.edges);
    const longest = all => Math.max(0, ...all.map(one => [...one.label].length)) * CHARACTER;
    const wide = half(longest(cell.vertices)) + 7;
    const onEdges = longest(cell.edges);
    const pitch = 2 * wide + (onEdges > 0 ? onEdges + 22 : 24);
    const above = Math.max(0, ...lanes.filter(lane => lane % 2 === 1).map(lane => (lane + 1) / 2));
    const below = Math.max(0, ...lanes.filter(lane => lane % 2 === 0).map(lane => lane / 2));
    const row = (cell.title ? 18 : 0) + above * LANE + HALF + 10;
    const width = Math.max(pitch * Math.max(cell.vertices.length - 1, 0) + 2 * wide + 4, CHARACTER * 20);
    return { ...cell, lanes, half: wide, pitch, width, height: row + HALF + below * LANE + 10, row };
  };
  // Whether another edge goes up or down through the middle of this one, on its way to a lane beyond.
  const crossed = (cell, edge, lane) => lane !== 0 && cell.edges.some((other, place) => cell.lanes[place] > lane
    && cell.lanes[place] % 2 === lane % 2 && [2 * other.from, 2 * other.to].includes(edge.from + edge.to));
  const one = (cell, top) => {
    const row = top + cell.row;
    const x = place => cell.half + 2 + cell.pitch * place;
    let svg = cell.title ? `<text class="title" x="2" y="${top + 13}">${escaped(cell.title)}</text>` : '';
    cell.edges.forEach((edge, place) => {
      const lane = cell.lanes[place];
      const state = edge.live ? edge.kind : 'dead';
      const from = x(edge.from), to = x(edge.to);
      let path, tip, y = row;
      if (lane === 0) {
        path = `M${from + cell.half} ${row}H${to - cell.half - 1}`;
        tip = `M${to - cell.half - 6} ${row - 3}l6 3l-6 3z`;
      } else {
        const level = half(lane + 1), side = lane % 2 === 1 ? -1 : 1;
        y = row + side * (HALF + level * LANE - 6);
        const off = Math.max(8 - 3 * (level - 1), 0);
        const start = from + off, end = to - off, rim = row + side * HALF;
        path = `M${start} ${rim}Q${start} ${y} ${start + 12} ${y}H${end - 12}Q${end} ${y} ${end} ${rim + side}`;
        tip = `M${end - 3} ${row + side * (HALF + 6)}h6l-3 ${-side * 6}z`;
      }
      svg += `<path class="edge ${state}" d="${path}"/><path class="tip ${state}" d="${tip}"/>`;
      if (edge.label) {
        const width = [...edge.label].length * CHARACTER + 6, middle = half(from + to) + (crossed(cell, edge, lane) ? half(cell.pitch) : 0);
        svg += `<rect class="label ${state}" x="${middle - half(width)}" y="${y - 9}" width="${width}" height="17" rx="4"/>`
          + `<text class="${state}" x="${middle}" y="${y + 4}">${escaped(edge.label)}</text>`;
      }
    });
    cell.vertices.forEach((vertex, place) => {
      const state = !vertex.live ? 'dead' : vertex.operation ? vertex.kind : 'node';
      svg += `<rect class="vertex ${state}" x="${x(place) - cell.half}" y="${row - HALF}" width="${2 * cell.half}" height="${2 * HALF}" `
        + `rx="${vertex.operation ? 4 : HALF}"/><text class="${state}" x="${x(place)}" y="${row + 4}">${escaped(vertex.label)}</text>`;
    });
    return svg;
  };

  const all = cells.map(laid);
  const width = Math.max(0, ...all.map(cell => cell.width));
  const height = all.reduce((sum, cell) => sum + cell.height, 0);
  let svg = `<svg class="cell" role="img" aria-label="${escaped(label)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`;
  let top = 0;
  for (const cell of all) {
    svg += one(cell, top);
    top += cell.height;
  }
  return svg + '</svg>';
};

// Scatter plots on canvas, all of which show the same architectures: what is pointed at or selected in one is marked in all.
const linked = atlas && (() => {
  const plots = new Set();
  const selected = new Set();
  const listeners = [];
  let pointed = -1;
  const redraw = () => plots.forEach(plot => plot.mark());
  return {
    plots, selected,
    get pointed() { return pointed; },
    point(row) { if (row !== pointed) { pointed = row; redraw(); } },
    select(rows, added) {
      if (!added) selected.clear();
      for (const row of rows) selected.add(row);
      plots.forEach(plot => plot.stale());
      listeners.forEach(listener => listener());
    },
    onSelect(listener) { listeners.push(listener); },
    recoloured() { plots.forEach(plot => plot.stale()); },
    colour: null,
  };
})();

const colours = (() => {
  const style = getComputedStyle(document.documentElement);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  // Viridis without its ends: seen on light paper and on dark.
  const STOPS = [[70, 50, 126], [54, 92, 141], [39, 127, 142], [31, 161, 135], [74, 193, 109], [160, 218, 57], [236, 222, 40]];
  return {
    get: name => style.getPropertyValue(name).trim(),
    ramp(share) {
      const at = Math.min(Math.max(share, 0), 1) * (STOPS.length - 1) * (dark.matches ? 0.86 : 0.93) + (dark.matches ? 0.8 : 0);
      const low = Math.min(Math.floor(at), STOPS.length - 2);
      const part = Math.min(at - low, 1);
      return `rgb(${STOPS[low].map((stop, i) => Math.round(stop + (STOPS[low + 1][i] - stop) * part)).join(',')})`;
    },
    onChange: listener => dark.addEventListener('change', listener),
  };
})();

// A column on an axis: from a value to its share of the axis, and back for the ticks.
const scaled = (column, scale, rows) => {
  const { values } = column;
  if (scale === 'rank') {
    const ranks = atlas.ranks(column), { sorted } = column;
    const at = share => sorted[Math.round(share * (sorted.length - 1))];
    let low = 1, high = 0;
    for (const row of rows) {
      if (ranks[row] < low) low = ranks[row];
      if (ranks[row] > high) high = ranks[row];
    }
    if (!(low < high)) { low = 0; high = 1; }
    const ticks = [0, 0.25, 0.5, 0.75, 1].map(part => low + part * (high - low)).map(share => [share, atlas.number(at(share))]);
    return { share: row => ranks[row], low, high, ticks, name: `${column.label}, by rank` };
  }
  const log = scale === 'log';
  const of = log ? value => (value > 0 ? Math.log10(value) : NaN) : value => value;
  let low = Infinity, high = -Infinity;
  for (const row of rows) {
    const value = of(values[row]);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(low < high)) { low = Number.isFinite(low) ? low - 0.5 : 0; high = low + 1; }
  const ticks = [];
  const wish = (high - low) / 4;
  const size = 10 ** Math.floor(Math.log10(wish));
  const step = [1, 2, 5, 10].map(factor => factor * size).find(candidate => candidate >= wish);
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) {
    ticks.push([tick, atlas.number(Number((log ? 10 ** tick : tick).toPrecision(log ? 2 : 8)))]);
  }
  return { share: row => of(values[row]), low, high, ticks, name: log ? `${column.label}, log scale` : column.label };
};

class Plot {
  // `from`: only rows whose y is at least so much.
  constructor(holder, { x, y, xScale, yScale, from = -Infinity, small = false }) {
    Object.assign(this, { holder, x, y, xScale: xScale || x.scale, yScale: yScale || y.scale, from, small });
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('tabindex', '-1');
    holder.append(this.canvas);
    this.base = document.createElement('canvas');
    this.seen = false;
    linked.plots.add(this);
    this.listen();
    new IntersectionObserver(entries => {
      this.seen = entries[entries.length - 1].isIntersecting;
      if (this.seen && this.isStale) this.draw();
    }, { rootMargin: '200px' }).observe(this.canvas);
    new ResizeObserver(() => this.stale()).observe(holder);
    this.stale();
  }

  stale() {
    this.isStale = true;
    if (this.seen && !this.waiting) {
      this.waiting = true;
      requestAnimationFrame(() => { this.waiting = false; if (this.isStale) this.draw(); });
    }
  }

  set(change) {
    Object.assign(this, change);
    this.stale();
  }

  rows() {
    const rows = [];
    const { values: xs } = this.x, { values: ys } = this.y;
    for (let row = 0; row < xs.length; row++) {
      if (!Number.isNaN(xs[row]) && !Number.isNaN(ys[row]) && ys[row] >= this.from) rows.push(row);
    }
    return rows;
  }

  place() {
    const width = this.holder.clientWidth, height = Math.round(Math.min(width * 0.72, this.small ? 300 : 460));
    const ratio = devicePixelRatio || 1;
    for (const canvas of [this.canvas, this.base]) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
    }
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const all = this.rows();
    this.across = scaled(this.x, this.xScale, all);
    this.up = scaled(this.y, this.yScale, all);
    const font = `${this.small ? 11 : 12}px system-ui, sans-serif`;
    const pen = this.base.getContext('2d');
    pen.font = font;
    const left = 26 + Math.max(...this.up.ticks.map(tick => pen.measureText(tick[1]).width), 0);
    const box = { left, right: width - 14, top: 8, bottom: height - 42 };
    Object.assign(this, { width, height, ratio, font, box });
    const to = (scale, low, high) => {
      const span = scale.high - scale.low || 1;
      return share => low + (share - scale.low) / span * (high - low);
    };
    this.toX = to(this.across, box.left + 6, box.right - 6);
    this.toY = to(this.up, box.bottom - 6, box.top + 6);
    this.px = new Float32Array(atlas.archs.length).fill(NaN);
    this.py = new Float32Array(atlas.archs.length).fill(NaN);
    this.shown = [];
    for (const row of all) {
      const px = this.toX(this.across.share(row)), py = this.toY(this.up.share(row));
      if (Number.isNaN(px) || Number.isNaN(py)) continue;
      this.px[row] = px;
      this.py[row] = py;
      this.shown.push(row);
    }
  }

  draw() {
    if (this.holder.clientWidth === 0) return;
    this.isStale = false;
    this.place();
    const pen = this.base.getContext('2d');
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    this.axes(pen);
    this.points(pen);
    const { x, y } = this;
    this.canvas.setAttribute('aria-label', `${this.across.name} against ${this.up.name}: ${this.shown.length} architectures`);
    this.canvas.dataset.shown = this.shown.length;
    if (this.onDraw) this.onDraw(x, y);
    this.mark();
  }

  axes(pen) {
    const { left, right, top, bottom } = this.box;
    pen.font = this.font;
    pen.strokeStyle = colours.get('--grid');
    pen.fillStyle = colours.get('--muted');
    pen.lineWidth = 1;
    pen.beginPath();
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (const [share, text] of this.up.ticks) {
      const y = Math.round(this.toY(share)) + 0.5;
      pen.moveTo(left, y);
      pen.lineTo(right, y);
      pen.fillText(text, left - 5, y);
    }
    pen.textBaseline = 'top';
    let free = -Infinity;
    for (const [share, text] of this.across.ticks) {
      const x = Math.round(this.toX(share)) + 0.5;
      pen.moveTo(x, top);
      pen.lineTo(x, bottom);
      const half = pen.measureText(text).width / 2;
      const centre = Math.min(x, this.width - half - 2);
      if (centre - half < free) continue;
      pen.textAlign = 'center';
      pen.fillText(text, centre, bottom + 4);
      free = centre + half + 8;
    }
    pen.stroke();
    pen.fillStyle = colours.get('--ink');
    pen.textAlign = 'center';
    pen.textBaseline = 'bottom';
    pen.fillText(this.across.name, (left + right) / 2, this.height - 4, right - left);
    pen.save();
    pen.translate(13, (top + bottom) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(this.up.name, 0, 0, bottom - top);
    pen.restore();
  }

  points(pen) {
    const count = this.shown.length;
    const size = count > 3000 ? 2.4 : count > 400 ? 3.4 : 5;
    const picked = linked.selected.size > 0;
    const alpha = (count > 3000 ? 0.55 : 0.8) * (picked ? 0.25 : 1);
    const dot = row => pen.fillRect(this.px[row] - size / 2, this.py[row] - size / 2, size, size);
    pen.globalAlpha = alpha;
    const by = linked.colour;
    if (!by) {
      pen.fillStyle = colours.get('--s0');
      this.shown.forEach(dot);
    } else {
      // One colour at a time, the lowest first.
      const BINS = 24;
      const scale = scaled(by, by.scale, this.shown);
      const bins = Array.from({ length: BINS + 1 }, () => []);
      for (const row of this.shown) {
        const share = (scale.share(row) - scale.low) / (scale.high - scale.low);
        bins[Number.isNaN(share) ? BINS : Math.min(Math.floor(share * BINS), BINS - 1)].push(row);
      }
      pen.fillStyle = colours.get('--grid');
      bins[BINS].forEach(dot);
      for (let bin = 0; bin < BINS; bin++) {
        pen.fillStyle = colours.ramp(bin / (BINS - 1));
        bins[bin].forEach(dot);
      }
    }
    pen.globalAlpha = 1;
  }

  // The points, and on them what is selected and pointed at.
  mark() {
    if (!this.px || this.isStale) return;
    const pen = this.canvas.getContext('2d');
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.drawImage(this.base, 0, 0);
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const radius = linked.selected.size > 200 ? 2.2 : this.small ? 3.2 : 4.5;
    pen.fillStyle = colours.get('--s1');
    for (const row of linked.selected) {
      if (Number.isNaN(this.px[row])) continue;
      pen.beginPath();
      pen.arc(this.px[row], this.py[row], radius, 0, 7);
      pen.fill();
    }
    const row = linked.pointed;
    if (row >= 0 && !Number.isNaN(this.px[row])) {
      pen.strokeStyle = colours.get('--ink');
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(this.px[row], this.py[row], 6.5, 0, 7);
      pen.stroke();
    }
    if (this.frame) {
      const [x0, y0, x1, y1] = this.frame;
      pen.strokeStyle = colours.get('--s1');
      pen.lineWidth = 1.5;
      pen.setLineDash([5, 4]);
      pen.strokeRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
      pen.setLineDash([]);
    }
  }

  // The nearest point within reach; of several, one that is selected.
  near(x, y) {
    let best = -1, reach = 144;
    for (const row of this.shown || []) {
      const distance = (this.px[row] - x) ** 2 + (this.py[row] - y) ** 2 - (linked.selected.has(row) ? 9 : 0);
      if (distance < reach) { best = row; reach = distance; }
    }
    return best;
  }

  listen() {
    const at = event => {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.canvas.addEventListener('pointermove', event => {
      const [x, y] = at(event);
      if (this.from0) {
        if (Math.abs(x - this.from0[0]) + Math.abs(y - this.from0[1]) > 5) this.frame = [...this.from0, x, y];
        this.mark();
        return;
      }
      const row = this.near(x, y);
      linked.point(row);
      tip.show(row, event, [this.x, this.y]);
    });
    this.canvas.addEventListener('pointerleave', () => { linked.point(-1); tip.hide(); });
    this.canvas.addEventListener('pointerdown', event => {
      if (event.pointerType === 'mouse' && event.button === 0) {
        this.from0 = at(event);
        this.canvas.setPointerCapture(event.pointerId);
      }
    });
    this.canvas.addEventListener('pointerup', event => {
      const [x, y] = at(event);
      const added = event.shiftKey;
      if (this.frame) {
        const [x0, y0] = this.frame;
        const inside = row => (this.px[row] - x0) * (this.px[row] - x) <= 0 && (this.py[row] - y0) * (this.py[row] - y) <= 0;
        linked.select(this.shown.filter(inside), added);
      } else if (this.shown) {
        const row = this.near(x, y);
        linked.select(row < 0 ? [] : [row], added);
      }
      this.from0 = this.frame = null;
      this.mark();
    });
  }
}

// What is said of the architecture that is pointed at.
const tip = atlas && (() => {
  const box = document.createElement('div');
  box.id = 'tip';
  box.hidden = true;
  document.body.append(box);
  let of = -1;
  return {
    show(row, event, columns) {
      if (row < 0) return this.hide();
      if (row !== of) {
        of = row;
        const named = new Set(columns);
        if (linked.colour) named.add(linked.colour);
        atlas.columns.filter(column => column.role !== 'other').slice(0, 14).forEach(column => named.add(column));
        const lines = [...named].map(column => `<tr><th>${escaped(column.label)}</th><td>${escaped(atlas.said(column, row))}</td></tr>`);
        box.innerHTML = `<code>${breakable(atlas.archs[row])}</code>${atlas.drawing(row)}<table>${lines.join('')}</table>`;
      }
      box.hidden = false;
      const { innerWidth, innerHeight } = window;
      const { offsetWidth, offsetHeight } = box;
      const right = event.clientX + 18, below = event.clientY + 14;
      box.style.left = `${Math.max(4, right + offsetWidth > innerWidth ? event.clientX - offsetWidth - 14 : right)}px`;
      box.style.top = `${Math.max(4, Math.min(below, innerHeight - offsetHeight - 6))}px`;
    },
    hide() { box.hidden = true; of = -1; },
  };
})();

// Tables that sort by a click on a heading, and long ones that can be filtered.
const sortedBy = (a, b, falling) => {
  // What has no number stands last either way.
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
  return falling ? -order : order;
};

(() => {
  const LONG = 8;
  const value = cell => {
    // The number itself, without its interval and remarks.
    const small = cell.classList.contains('number') ? cell.firstChild : null;
    const text = (small && small.nodeType === 3 ? small.textContent : cell.textContent).trim().replace('−', '-');
    if (text === '–' || text === '') return null;
    const number = Number(text.replace(/,/g, ''));
    return Number.isNaN(number) ? text : number;
  };
  for (const table of document.querySelectorAll('main .scroll > table')) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    if (rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = document.createElement('button');
      button.append(...head.childNodes);
      head.append(button);
      button.title = 'Sort by this column';
      button.addEventListener('click', () => {
        const cells = rows.map(row => value(row.cells[place]));
        // Numbers begin with the largest, words with the first.
        const first = cells.some(cell => typeof cell === 'number') ? 'descending' : 'ascending';
        const before = head.getAttribute('aria-sort');
        const order = before === null ? first : before === 'ascending' ? 'descending' : 'ascending';
        for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', order);
        const sorted = rows.map((row, index) => [row, cells[index]]);
        sorted.sort((a, b) => sortedBy(a[1], b[1], order === 'descending'));
        body.append(...sorted.map(pair => pair[0]));
      });
    });
    if (rows.length < LONG) continue;
    const field = document.createElement('input');
    field.type = 'search';
    field.placeholder = `Filter ${rows.length} rows`;
    field.setAttribute('aria-label', 'Filter the rows of this table');
    field.className = 'filter';
    field.addEventListener('input', () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(word => word);
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every(word => text.includes(word));
      }
    });
    table.before(field);
  }
})();

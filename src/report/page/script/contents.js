// The contents bar: marks the section in sight, opens what is folded where a reader goes, and folds all at once.
(() => {
  const nav = document.querySelector('nav');
  const folds = [...document.querySelectorAll('details.section')];
  const openTo = id => {
    const target = id && document.getElementById(id);
    for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
    return target;
  };
  if (location.hash) openTo(location.hash.slice(1));
  if (!nav) return;
  nav.addEventListener('click', event => {
    const link = event.target.closest('a');
    if (link) openTo(link.hash.slice(1));
  });
  const button = document.createElement('button');
  const label = () => { button.textContent = folds.some(fold => fold.open) ? 'Fold all' : 'Unfold all'; };
  button.addEventListener('click', () => {
    const open = !folds.some(fold => fold.open);
    folds.forEach(fold => { fold.open = open; });
    label();
  });
  folds.forEach(fold => fold.addEventListener('toggle', label));
  label();
  nav.append(button);

  const links = new Map([...nav.querySelectorAll('a')].map(link => [link.hash.slice(1), link]));
  const heads = [...links.keys()].map(id => document.getElementById(id));
  let waiting = false;
  const mark = () => {
    waiting = false;
    let current = null;
    for (const head of heads) {
      const box = head.getBoundingClientRect();
      if (box.height > 0 && box.top < 120) current = head;
    }
    links.forEach((link, id) => link.classList.toggle('here', current !== null && id === current.id));
  };
  addEventListener('scroll', () => { if (!waiting) { waiting = true; requestAnimationFrame(mark); } }, { passive: true });
  mark();
})();

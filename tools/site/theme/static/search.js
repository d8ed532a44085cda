// Search results, in the place of Sphinx's own: pages that say most about a word come first, each result shows the
// sentence that says it, and a link leads to its section. `EXCERPTS` has [anchor, kind, words] for the blocks of a page.
(() => {
  const MARKED = "sphinx_highlight_terms";
  const LENGTH = 240; // characters of an excerpt
  const BEFORE = 80; // of these, before the word
  const VALUE = { title: 3, text: 1, parameter: 1, code: 0.25 }; // of a block that has the word
  const TITLE = 9; // the score of a page whose title has the word among others; a page or a function of that name has 15
  const MOST = 5; // added to the score of a page that says much about the word
  const RANK = ["text", "parameter", "code"]; // the first kind that has the word is shown

  function blocksOf(page, anchor) {
    const blocks = EXCERPTS[page] ?? [];
    return anchor ? blocks.filter(([where]) => `#${where}` === anchor) : blocks;
  }
  function has(words, terms) {
    const lower = words.toLowerCase();
    return terms.some((term) => lower.includes(term));
  }
  function value(page, terms) {
    const values = blocksOf(page, "").map(([, kind, words]) => (has(words, terms) ? VALUE[kind] : 0));
    return MOST * (1 - Math.exp(-values.reduce((sum, one) => sum + one, 0) / 10));
  }
  // The block to show: in a section whose title has the word, what comes first, else the first that has it. Never a title.
  function best(page, anchor, terms) {
    const blocks = blocksOf(page, anchor);
    const found = blocks.filter(([, , words]) => has(words, terms));
    const title = found.find(([where, kind]) => kind === "title" && where);
    const below = title && blocks.find(([where, kind]) => where === title[0] && kind === "text");
    const named = RANK.map((kind) => found.find((block) => block[1] === kind)).find(Boolean);
    return below ?? named ?? blocks.find(([, kind]) => kind === "text");
  }
  function excerpt([, kind, all], terms) {
    const line = kind === "code" && all.split("\n").find((one) => has(one, terms));
    const words = line || all;
    const lower = words.toLowerCase();
    const places = terms.map((term) => lower.indexOf(term)).filter((place) => place >= 0);
    const start = places.length ? Math.max(0, Math.min(...places) - BEFORE) : 0;
    const from = start ? words.indexOf(" ", start) + 1 : 0;
    const shown = document.createElement("p");
    shown.className = "context";
    shown.classList.toggle("code", kind === "code");
    const text = words.slice(from, from + LENGTH);
    const pattern = new RegExp(`(${terms.join("|")})`, "giu"); // Sphinx splits a query into letters, digits and _
    shown.append(from ? "… " : "");
    text.split(pattern).forEach((part, index) => {
      const marked = document.createElement(index % 2 ? "mark" : "span");
      marked.textContent = part;
      shown.append(marked);
    });
    shown.append(from + LENGTH < words.length ? " …" : "");
    return shown;
  }
  // The classes with a parameter or an attribute of this name, and what each says about it: most of all where the
  // page says most about it.
  function classesWith(name, terms) {
    return Object.entries(EXCERPTS)
      .flatMap(([page, blocks]) => blocks.map((block) => ({ page, block })))
      .filter(({ block: [, kind, words] }) => kind === "parameter" && words.toLowerCase().split(/\W/, 1)[0] === name)
      .map((one) => ({ ...one, score: value(one.page, terms) }))
      .sort((one, other) => other.score - one.score)
      .map(({ page, block }) => item([page, block[0], `#${block[0]}`, `its parameter or attribute ${name}`], terms, block));
  }
  function item([page, title, anchor, description], terms, block = best(page, anchor, terms)) {
    const result = document.createElement("li");
    const section = anchor || (block?.[0] ? `#${block[0]}` : "");
    const link = document.createElement("a");
    link.href = `${page}${DOCUMENTATION_OPTIONS.LINK_SUFFIX}${section}`;
    link.textContent = title;
    result.append(link, description ? ` (${description})` : "");
    if (block) result.append(excerpt(block, terms));
    return result;
  }
  // How many letters must be added, removed or changed to turn one word into another.
  function distance(one, other) {
    let row = Array.from({ length: other.length + 1 }, (_, j) => j);
    for (let i = 1; i <= one.length; i++) {
      const next = [i];
      for (let j = 1; j <= other.length; j++)
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1));
      row = next;
    }
    return row[other.length];
  }
  // A query without misspelled words: each unknown one becomes the commonest word that is nearly the same, if any is.
  function corrected(query) {
    const counts = new Map();
    for (const [, , words] of Object.values(EXCERPTS).flat())
      for (const word of words.toLowerCase().match(/[a-z_]{4,}/g) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
    return query.toLowerCase().replace(/[a-z_]{4,}/g, (word) => {
      if (counts.has(word)) return word;
      const most = word.length < 6 ? 1 : 2;
      const near = [...counts.keys()].filter((other) => Math.abs(other.length - word.length) <= most && distance(word, other) <= most);
      const worth = (other) => counts.get(other) - 1000 * distance(word, other);
      return near.reduce((best, other) => (best && worth(best) >= worth(other) ? best : other), "") || word;
    });
  }
  Search.query = (query) => {
    const [, stems, excluded, words, objects] = Search._parseQuery(query);
    // Sphinx marks these words on the next page, whichever it is: let that be the page of a result.
    const marked = localStorage.getItem(MARKED) ?? "";
    localStorage.removeItem(MARKED);
    const terms = [...new Set([...words, ...stems])].filter(Boolean);
    Scorer.score = ([page, , , , score, , kind]) =>
      kind === SearchResultKind.text ? Math.min(score, TITLE) + value(page, terms) : score;
    const seen = new Set();
    const found = Search._performSearch(query, stems, excluded, words, objects).reverse();
    const number = /^lesson *(\d+)$/i.exec(query.trim())?.[1].padStart(2, "0");
    const lessons = Object.keys(EXCERPTS).filter((page) => number && page.startsWith(`notebooks/${number}_`));
    const lesson = lessons.map((page) => item([page, EXCERPTS[page].find(([, kind]) => kind === "title")?.[2] ?? page, "", ""], terms));
    const results = [...lesson, ...classesWith(query.trim().toLowerCase(), terms), ...found.map((result) => item(result, terms))]
      .filter(({ firstChild: { href } }) => !seen.has(href) && seen.add(href));
    Search.output.append(...results);
    Search.output.onclick = ({ target }) => {
      if (target.closest("a")) localStorage.setItem(MARKED, marked);
    };
    const count = results.length === 1 ? "1 result" : `${results.length} results`;
    Search.stopPulse();
    Search.title.textContent = "Search results";
    const hint = matchMedia("(hover: none)").matches ? "." : ": Enter opens the first.";
    Search.status.textContent = results.length ? `${count}${hint}` : "Nothing found: try another word.";
    const meant = results.length ? query : corrected(query);
    if (!results.length && meant !== query.toLowerCase()) {
      const link = document.createElement("a");
      link.href = `?q=${encodeURIComponent(meant)}`;
      link.textContent = meant;
      Search.status.replaceChildren("Nothing found. Did you mean ", link, "?");
    }
    if (document.activeElement === document.body) Search.output.querySelector("a")?.focus();
  };
})();

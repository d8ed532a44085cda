// The search page. `PAGES` has, for each page, its blocks: the anchor of a section, a kind, and words. A section is what
// is found, and each result shows the sentence that says it; MiniSearch ranks them.
(() => {
  const MARKED = "sphinx_highlight_terms"; // what Sphinx marks on the next page
  const LENGTH = 240; // characters of an excerpt
  const BEFORE = 80; // of these, before the word
  const PER_PAGE = 3; // sections of one page, so that one page does not fill the screen
  const BOOST = { name: 8, title: 4, page: 1.5, text: 1, code: 0.2 };
  // Where something is explained comes before where it is used.
  const WORTH = [
    [/^GLOSSARY/, 2], [/^notebooks/, 1.2], [/^reference\/scale|^solutions/, 0.6], [/#mlcourse\.\w+\.(GaussianMixture|KMeans|PCA)\b/, 1.7],
    [/#mlcourse\.\w+\.[A-Z]/, 1.2], [/^(CHANGELOG|docs\/first)/, 0.3],
  ];
  const UNASKED = new Set(["a", "an", "and", "are", "do", "does", "for", "how", "i", "in", "is", "of", "the", "to", "what"]);
  // What readers ask for in other words than the course's own.
  const ALSO = { performance: "speed", benchmark: "speed", equation: "formula", gmm: "gaussian mixture", install: "own machine", nan: "missing" };

  const SEPARATOR = /[^\p{L}\p{N}_+-]+|(?<=\s)-+|-+(?=\s|$)/u; // k-means++ is one word, reg_covar is another
  const singular = (word) => word.replace(/(?<=..[^s])s$/, "");
  // A word as it is indexed: whole, and its parts.
  function parts(word) {
    const pieces = word.split(/[_-]|(?<=[a-z])(?=[A-Z])/).map((part) => part.toLowerCase());
    return [...new Set([word.toLowerCase(), pieces.join(""), ...pieces].map(singular))].filter(Boolean);
  }
  const asked = (word) => (UNASKED.has(word.toLowerCase()) ? null : singular(word.toLowerCase()));

  // The sections of all pages.
  function* sections() {
    for (const [page, blocks] of Object.entries(PAGES)) {
      const [, , top] = blocks.find(([, kind]) => kind === "title") ?? ["", "", page];
      const [, lesson] = /^notebooks\/(\d+)/.exec(page) ?? [];
      for (const anchor of new Set(blocks.map(([where]) => where))) {
        const inside = blocks.filter(([where]) => where === anchor);
        const words = (...kinds) => inside.filter(([, kind]) => kinds.includes(kind)).map(([, , text]) => text).join(" ");
        const documented = anchor.startsWith("mlcourse.");
        const title = documented ? anchor : words("title");
        const inner = anchor && !documented && title !== top;
        let name = documented ? anchor.split(".").at(-1) : page === "GLOSSARY" ? title : "";
        if (lesson && !inner) name = `lesson ${lesson} ${Number(lesson)}`;
        const kinds = /\.[A-Z]\w*$/.test(anchor) ? "class parameters attributes methods" : ""; // that have sections of their own
        yield {
          id: `${page}#${anchor}`, url: `${page}.html${anchor && `#${anchor}`}`, inside,
          name, title, page: inner ? top : kinds, text: words("text", "parameter"), code: words("code"),
          shown: inner ? `${top} › ${title || anchor}` : title || top,
        };
      }
    }
  }
  const index = new MiniSearch({
    fields: Object.keys(BOOST),
    storeFields: ["url", "shown", "inside", "name"],
    tokenize: (text) => text.split(SEPARATOR).filter(Boolean),
    processTerm: parts,
    searchOptions: {
      boost: BOOST, combineWith: "AND", processTerm: asked, prefix: (word) => word.length > 2,
      boostDocument: (id) => WORTH.find(([where]) => where.test(id))?.[1] ?? 1,
    },
  });
  index.addAll([...sections()]);

  function find(query) {
    const also = query.replace(/[a-z]+/gi, (word) => ALSO[asked(word)] ?? word);
    const seen = new Set();
    const counts = {};
    const rank = ({ name, score }) => score + (name.toLowerCase() === query.toLowerCase() ? 1e6 : 0);
    const found = [...new Set([query, also])].flatMap((one) => index.search(one));
    return found.sort((one, other) => rank(other) - rank(one)).filter(({ id }) => {
      const [page] = id.split("#");
      if (seen.has(id) || counts[page] === PER_PAGE) return false;
      counts[page] = (counts[page] ?? 0) + 1;
      return seen.add(id);
    });
  }
  // The query with each unknown word replaced by the commonest one that is nearly the same.
  function corrected(query) {
    return query.toLowerCase().split(/\s+/).map((word) => {
      if (index.search(word).length) return word;
      const counts = {};
      for (const { terms } of index.search(word, { fuzzy: 0.25, prefix: false }))
        for (const term of terms) counts[term] = (counts[term] ?? 0) + 1;
      return Object.keys(counts).reduce((best, term) => (counts[best] >= counts[term] ? best : term), "") || word;
    }).join(" ");
  }
  function result({ url, shown, inside, terms }) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = url;
    link.textContent = shown;
    item.append(link);
    const rank = ([, kind, words]) => 3 * has(words, terms) + ["code", "parameter", "text"].indexOf(kind);
    const [block] = inside.filter(([, kind]) => kind !== "title").sort((one, other) => rank(other) - rank(one));
    if (block) item.append(excerpt(block, terms));
    return item;
  }
  function has(words, terms) {
    const lower = words.toLowerCase();
    return terms.filter((term) => lower.includes(term)).length;
  }
  // The words around the first term, with every term marked.
  function excerpt([, kind, all], terms) {
    const words = (kind === "code" && all.split("\n").find((line) => has(line, terms))) || all;
    const places = terms.map((term) => words.toLowerCase().indexOf(term)).filter((place) => place >= 0);
    const start = Math.max(0, Math.min(...places, Infinity) - BEFORE);
    const from = Number.isFinite(start) && start ? words.indexOf(" ", start) + 1 : 0;
    const shown = document.createElement("p");
    shown.className = kind === "code" ? "context code" : "context";
    const escaped = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    shown.append(from ? "… " : "");
    words.slice(from, from + LENGTH).split(new RegExp(`(${escaped.join("|")})`, "gi")).forEach((part, number) => {
      const piece = document.createElement(number % 2 ? "mark" : "span");
      piece.textContent = part;
      shown.append(piece);
    });
    shown.append(from + LENGTH < words.length ? " …" : "");
    return shown;
  }
  function show(query) {
    const output = document.getElementById("search-results");
    const found = query ? find(query) : [];
    const status = document.createElement("p");
    const list = document.createElement("ul");
    const count = found.length === 1 ? "1 result" : `${found.length} results`;
    const hint = matchMedia("(hover: none)").matches ? "." : ": Enter opens the first.";
    status.setAttribute("role", "status");
    const nothing = query ? "Nothing found: try another word." : "Type a word into the search field.";
    status.textContent = found.length ? `${count}${hint}` : nothing;
    const meant = found.length ? query : corrected(query);
    if (meant.toLowerCase() !== query.toLowerCase()) {
      const link = document.createElement("a");
      link.href = `?q=${encodeURIComponent(meant)}`;
      link.textContent = meant;
      status.replaceChildren("Nothing found. Did you mean ", link, "?");
    }
    list.className = "search";
    list.append(...found.map(result));
    list.addEventListener("click", () => localStorage.setItem(MARKED, query));
    output.replaceChildren(status, list);
    if (document.activeElement === document.body) list.querySelector("a")?.focus();
  }
  const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
  for (const field of document.querySelectorAll("input[name=q]")) field.value = query;
  show(query);
})();

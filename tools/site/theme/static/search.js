// The search page. `PAGES` has, for each page, its blocks: the anchor of a section, a kind, and words. A section is what
// is found, and each result shows the sentence that says it; MiniSearch ranks them.
(() => {
  const MARKED = "sphinx_highlight_terms"; // what Sphinx marks on the next page
  const LENGTH = 240; // characters of an excerpt
  const BEFORE = 80; // of these, before the word
  const PER_PAGE = 3; // sections of one page, or parts of one class, so that none fills the screen
  const BOOST = { name: 8, title: 4, page: 1.5, text: 1, code: 0.2 };
  // Where something is explained comes before where it is used, and the reference last, unless a name is asked for.
  const WORTH = [
    [/#references$/, 0.2], [/^reference\/\w+#formulas$/, 8], [/^GLOSSARY/, 2], [/^notebooks/, 1.2], [/^reference\/scale|^solutions/, 0.6],
    [/#mlcourse\.\w+\.(GaussianMixture|KMeans|PCA)\b/, 1.7], [/#mlcourse\.\w+\.[A-Z]/, 1.2],
    [/^(CHANGELOG|documents|docs\/first)/, 0.3], [/^_modules/, 0.15], [/^exercises/, 0.8],
  ];
  const ASIDE = 0.2; // the worth of the reference for other words
  const CLASS = /\.[A-Z]\w*$/;
  const NAME = /_|\w\.\w|[a-z][A-Z]/; // a query with such a word asks for a name
  const FEW = 5; // results; if there are fewer, pages with some of the words follow
  const MOST = 15; // of these
  const UNASKED = new Set(`a an and are as at be by can do does for from handle handled how i if in is it my of on out or than that the this to
    use vs versus what when where which why with you`.split(/\s+/));
  // Words that say what kind of answer is wanted, not about what.
  const VAGUE = new Set(["algorithm", "definition", "explain", "explained", "meaning", "python", "tutorial"]);
  // What readers ask for in other words than the course's own.
  const ALSO = new Map(Object.entries({
    performance: "speed", benchmark: "speed", faster: "speed", fast: "speed", equation: "formula", gmm: "gaussian mixture",
    install: "own machine", nan: "missing", sklearn: "scikit-learn", minimum: "optimum", maximum: "optimum", soft: "responsibility",
    em: "expectation maximisation", pca: "principal component", plagiarism: "look alike", cheating: "look alike", distribute: "hand out", elbo: "lower bound", difference: "differ",
    initialization: "start", initialize: "start", runtime: "speed", timing: "speed", slow: "speed", n_job: "core block",
    parallel: "core block", multithreading: "core block", thread: "core block", impute: "missing", api: "package",
    imputation: "missing", "z-score": "standardise", teacher: "instructor", teach: "instructor", teaching: "instructor", grade: "grading class", licence: "license",
  }));

  const SEPARATOR = /[^\p{L}\p{N}_+-]+|(?<=\s)-+|-+(?=\s|$)/u; // k-means++ is one word, reg_covar is another
  const ISE = /i[sz](?=(e|ed|er|es|ing|able|ation|ations)$)/;
  // One form for the singular and the plural, for both spellings of English, and for 5 and 05.
  function stem(word) {
    const lower = word.toLowerCase().replace(/^0+(?=\d)/, "");
    return lower.replace(ISE, "iz").replace(/(?<=..[^s])s$/, "").replace(/our$/, "or").replace(/(?<=[a-z])tre$/, "ter");
  }
  const forms = (term) => escaped(term).replace(/iz/g, "i[sz]").replace(/or$/, "ou?r").replace(/ter$/, "t(?:er|re)");
  const escaped = (words) => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const whole = new Map(); // a stem's word
  // A word as it is indexed: whole, and its parts.
  function parts(word) {
    const pieces = word.split(/[_-]|(?<=[a-z])(?=[A-Z])/);
    if (!whole.has(stem(word))) whole.set(stem(word), word.toLowerCase());
    return [...new Set([word, pieces.join(""), ...pieces].map(stem))].filter(Boolean);
  }
  const asked = (word) => (UNASKED.has(word.toLowerCase()) ? null : stem(word));
  function worth(id, named) {
    const own = WORTH.find(([where]) => where.test(id))?.[1] ?? 1;
    if (named || !id.startsWith("reference")) return own;
    return own * (CLASS.test(id) ? 3 * ASIDE : ASIDE);
  }

  // The sections of all pages.
  function* sections() {
    for (const [page, blocks] of Object.entries(PAGES)) {
      const [, , top] = blocks.find(([, kind]) => kind === "title") ?? ["", "", page];
      const [, lesson] = /^notebooks\/(\d+)/.exec(page) ?? [];
      for (const anchor of new Set(blocks.map(([where]) => where))) {
        const inside = blocks.filter(([where]) => where === anchor);
        const words = (...kinds) => inside.filter(([, kind]) => kinds.includes(kind)).map(([, , text]) => text).join(" ");
        const documented = anchor.startsWith("mlcourse.");
        const title = documented ? anchor : (inside.find(([, kind]) => kind === "title")?.[2] ?? "");
        const inner = anchor && !documented && title !== top;
        let name = documented ? anchor.split(".").at(-1) : page === "GLOSSARY" ? title : "";
        if (lesson && !inner) name = `lesson ${lesson} ${Number(lesson)}`;
        const kinds = CLASS.test(anchor) ? "class parameters attributes methods" : ""; // that have sections of their own
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
      weights: { prefix: 0.1 },
    },
  });
  index.addAll([...sections()]);

  function find(typed) {
    const query = typed.replace(/\bk means/i, "k-means").split(/\s+/).filter((word) => !VAGUE.has(word.toLowerCase())).join(" ") || typed;
    const named = NAME.test(query);
    const search = (words, options) => index.search(words, { boostDocument: (id) => worth(id, named), ...options });
    const also = query.replace(/[a-z_-]+/gi, (word) => ALSO.get(asked(word)) ?? word);
    const found = [...new Set([query, also])].flatMap((words) => search(words));
    const capitals = query === query.toUpperCase(); // EM is not the function em
    const exact = found.filter(({ name }) => name === query || (!capitals && stem(name) === stem(query)));
    const terms = exact.filter(({ id }) => id.startsWith("GLOSSARY")); // a term of the glossary is no name of the package
    const rank = (one) => one.score + ((terms.length ? terms : exact).includes(one) ? 1e6 : 0);
    found.sort((one, other) => rank(other) - rank(one));
    const some = found.length < FEW ? search(also, { combineWith: "OR", prefix: false }) : [];
    some.sort((one, other) => other.queryTerms.length - one.queryTerms.length || other.score - one.score).splice(MOST);
    const seen = new Set();
    const counts = {};
    return [...found, ...some].filter(({ id }) => {
      const [where] = /^.*#mlcourse\.\w+\.[A-Z]\w*|^[^#]*/.exec(id);
      if (seen.has(id) || counts[where] === PER_PAGE) return false;
      counts[where] = (counts[where] ?? 0) + 1;
      return seen.add(id);
    });
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
  // The query with each unknown word replaced by the nearest one, if one is near: the commonest of several. Of many
  // words, some will be known, and one that is not may be right.
  function corrected(query) {
    const all = query.split(/\s+/);
    if (all.filter(asked).length > 2) return query;
    return all.map((word) => {
      const term = asked(word);
      if (!term || word.length < 4 || ALSO.has(term) || index.search(word).length) return word;
      const most = word.length < 8 ? 1 : 2;
      const far = (other) => (Math.abs(other.length - term.length) > most ? Infinity : distance(term, other));
      const near = [...whole.keys()].map((other) => ({ other, far: far(other) })).filter((one) => one.far <= most);
      const cost = (one) => 1000 * one.far - index.search(one.other, { prefix: false }).length;
      return whole.get(near.sort((one, other) => cost(one) - cost(other))[0]?.other) ?? word;
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
  const has = (words, terms) => terms.filter((term) => new RegExp(forms(term), "i").test(words)).length;
  // The words around the first term, with every term marked.
  function excerpt([, kind, all], terms) {
    const words = (kind === "code" && all.split("\n").find((line) => has(line, terms))) || all;
    const places = terms.map((term) => words.search(new RegExp(forms(term), "i"))).filter((place) => place >= 0);
    const start = Math.max(0, Math.min(...places, Infinity) - BEFORE);
    const from = Number.isFinite(start) && start ? words.indexOf(" ", start) + 1 : 0;
    const shown = document.createElement("p");
    shown.className = kind === "code" ? "context code" : "context";
    shown.append(from ? "… " : "");
    words.slice(from, from + LENGTH).split(new RegExp(`(${terms.map(forms).join("|")})`, "gi")).forEach((part, number) => {
      const piece = document.createElement(number % 2 ? "mark" : "span");
      piece.textContent = part;
      shown.append(piece);
    });
    shown.append(from + LENGTH < words.length ? " …" : "");
    return shown;
  }
  function show(query) {
    const output = document.getElementById("search-results");
    const status = document.createElement("p");
    const list = document.createElement("ul");
    const meant = corrected(query);
    const found = query ? find(meant) : [];
    const count = found.length === 1 ? "1 result" : `${found.length} results`;
    const instead = meant === query ? "" : ` for “${meant}”, since “${query}” is nowhere`;
    const hint = matchMedia("(hover: none)").matches ? "." : ": Enter opens the first.";
    const nothing = query ? "Nothing found: try another word." : "Type a word into the search field.";
    status.setAttribute("role", "status");
    status.textContent = found.length ? `${count}${instead}${hint}` : nothing;
    list.className = "search";
    list.append(...found.map(result));
    list.addEventListener("click", () => localStorage.setItem(MARKED, meant));
    output.replaceChildren(status, list);
    if (document.activeElement === document.body) list.querySelector("a")?.focus();
  }
  const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
  for (const field of document.querySelectorAll("input[name=q]")) field.value = query;
  show(query);
})();

// What needs a script: switches for all predictions and for long lines, meanings of terms, and the player that runs at
// once.
(() => {
  const SLIDES = 400; // milliseconds until a menu is there
  const IN_VIEW = 0.3; // of the front page's player: then it runs
  const MARGIN = 12; // pixels beside a meaning on a narrow screen
  const predictions = document.querySelectorAll("details.prediction");
  const answers = document.querySelectorAll("article details:not(.hide)"); // of the questions between, too

  function remembered(key, unless) {
    try { return (localStorage.getItem(key) ?? unless) === "yes"; } catch { return unless === "yes"; }
  }
  function remember(key, pressed) {
    try { localStorage.setItem(key, pressed ? "yes" : "no"); } catch { /* without storage, it is forgotten */ }
  }
  // A button that is pressed or not, which the next page remembers. `names` has a text for each: what a click does;
  // `unless` says whether it is pressed if nothing is remembered.
  function addSwitch(kind, names, unless, show) {
    const key = `mlcourse-${kind}`;
    const button = document.createElement("button");
    button.className = `switch ${kind}`;
    const press = (pressed) => {
      button.setAttribute("aria-pressed", String(pressed));
      button.textContent = names[Number(pressed)];
      show(pressed);
    };
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") !== "true";
      remember(key, pressed);
      press(pressed);
    });
    tools.append(button);
    press(remembered(key, unless));
  }
  const tools = document.querySelector(".page-tools");
  if (tools && predictions.length)
    addSwitch("unfolded", ["Unfold answers in all lessons", "Fold answers in all lessons"], "no", (unfolded) => {
      for (const answer of answers) answer.open = unfolded;
    });
  if (tools && document.querySelector("article .cell_input"))
    addSwitch("wrapped", ["Wrap code", "Scroll code"], "yes", (wrapped) => {
      document.body.classList.toggle("wrapped", wrapped);
      const whole = document.querySelectorAll("article .highlight pre:not(.output pre, :has(.line))");
      if (wrapped) for (const code of whole) breakLines(code);
    });

  // Let every line know how far its code is indented, and where it may be broken. What is copied stays the same.
  function breakLines(code) {
    const lines = code.innerHTML.replace(/\n$/, "").split("\n"); // no element goes on in the next line
    code.innerHTML = lines.map((line) => {
      const [, indent] = /^(?:<span><\/span>)?(?:<span class="w">)?( *)/.exec(line);
      const breakable = line.replace(/[([{,.=](?![^<]*>)(?![\s\d)\]}"'])/g, "$&<wbr>"); // but not within numbers
      return `<span class="line" style="--indent: ${indent.length}ch">${breakable}\n</span>`;
    }).join("");
  }

  // Who comes back to a page finds open what was open.
  const OPEN = `mlcourse-open ${location.pathname}`;
  const folds = [...document.querySelectorAll("article details")];
  addEventListener("pagehide", () => {
    try { sessionStorage.setItem(OPEN, JSON.stringify(folds.map((fold) => fold.open))); } catch { /* as above */ }
  });
  const [{ type } = {}] = performance.getEntriesByType("navigation");
  if (type === "back_forward" || type === "reload") {
    let open = [];
    try { open = JSON.parse(sessionStorage.getItem(OPEN)) ?? []; } catch { /* as above */ }
    folds.forEach((fold, place) => { fold.open = open[place] ?? fold.open; });
  }

  // Fingers tap.
  if (matchMedia("(pointer: coarse)").matches)
    for (const { player, shadowRoot } of document.querySelectorAll("[data-mlcourse-player]")) {
      if (!player) continue;
      player.scene.words.push(
        ["Hover over a point, or tap it, to read its values; click it to keep them in view.", "Tap a point to read its values."],
        ["Hover over a point, or tap it,", "Tap a point"],
        [": click, or press N", ": tap"],
        ["Click", "Tap"],
        ["click", "tap"],
      );
      for (const note of shadowRoot.querySelectorAll("p.note")) note.textContent = player.say(note.textContent);
      player.update();
    }

  // Buttons of players are as high as a fingertip, and on paper there are none.
  const inPlayers = new CSSStyleSheet();
  inPlayers.replaceSync(`
    @media (pointer: coarse) { details:has(> table) { display: none; } } /* no keys */
    @media (pointer: coarse), (max-width: 46em) { button, select, summary { min-height: 44px; } summary { line-height: 44px; } }
    @media print { .controls, .reading, .note, details { display: none; } }`);
  for (const { shadowRoot } of document.querySelectorAll("[data-mlcourse-player]"))
    shadowRoot?.adoptedStyleSheets.push(inPlayers);

  // A caption speaks of panels as they are: beside one another, or in a narrow column below.
  const panels = new ResizeObserver((changes) => {
    for (const { target } of changes) {
      const [first, second] = target.querySelectorAll("img");
      target.classList.toggle("narrow", second.offsetTop > first.offsetTop + first.offsetHeight / 2);
    }
  });
  for (const words of document.querySelectorAll("figcaption:has(.stacked)")) panels.observe(words.closest("figure"));

  // Code that is wider than the page scrolls by keyboard too, and has a shade at its edge.
  const sizes = new ResizeObserver((changes) => {
    for (const { target } of changes) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const scrolling of document.querySelectorAll("pre, .formula, .table-wrapper")) sizes.observe(scrolling);

  for (const term of document.querySelectorAll(".term")) {
    const place = () => {
      term.classList.remove("dismissed");
      const meaning = term.querySelector(".meaning");
      meaning.style.left = "0";
      const { left, width } = meaning.getBoundingClientRect();
      const furthest = document.documentElement.clientWidth - width - MARGIN;
      meaning.style.left = `${Math.max(MARGIN, Math.min(left, furthest)) - left}px`;
    };
    term.addEventListener("pointerenter", place);
    term.addEventListener("focusin", place);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(".sidebar-toggle:checked")) {
      menu.checked = false;
      const opened = [...document.querySelectorAll(`label[for="${menu.id}"] > button`)];
      opened.find((button) => button.checkVisibility())?.focus();
    }
    for (const term of document.querySelectorAll(".term")) term.classList.add("dismissed");
  });
  // "/" leads to the search. The theme's own shortcut does nothing while a button has the focus.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || !document.activeElement.matches("button")) return;
    event.preventDefault();
    [...document.querySelectorAll("input[name=q]")].find((field) => field.checkVisibility())?.focus();
  });
  // The first tap on a term explains it, and the second one follows the link.
  let explained = null;
  document.addEventListener("pointerdown", () => { explained = document.activeElement; });
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".term > a");
    if (!link || event.pointerType !== "touch" || link === explained) return;
    event.preventDefault();
    link.focus();
  });

  // The theme's menus are labels of hidden check boxes. A button in each is for the keyboard.
  for (const label of document.querySelectorAll(".toc-overlay-icon, .nav-overlay-icon")) {
    const button = document.createElement("button");
    const [name, first] = label.htmlFor === "__toc" ? ["On this page", ".toc-drawer a"] : ["All pages", ".sidebar-search"];
    button.type = "button";
    button.setAttribute("aria-label", name);
    button.addEventListener("click", ({ detail }) => {
      document.getElementById(label.htmlFor).click();
      const shown = () => [...document.querySelectorAll(first)].find((one) => one.checkVisibility());
      if (detail === 0) setTimeout(() => shown()?.focus(), SLIDES); // by keyboard
    });
    label.append(button);
  }

  // A menu that covers the page goes away when its link is followed.
  for (const [menu, toggle] of [[".toc-drawer", "__toc"], [".sidebar-drawer", "__navigation"]])
    document.querySelector(menu)?.addEventListener("click", ({ target }) => {
      if (target.closest("a")) document.getElementById(toggle).checked = false;
    });

  // What a cell prints wraps in a narrow column, unless it is a table.
  for (const printed of document.querySelectorAll(".output pre")) {
    const lines = printed.textContent.trim().split("\n");
    const inColumns = lines.filter((line) => /\S {2,}\S/.test(line)).length;
    printed.classList.toggle("sentences", inColumns < 2 || inColumns < lines.length / 2);
  }

  // A figure with small letters can be looked at in its full size.
  for (const figure of document.querySelectorAll("article figure:has(img):not(:has([data-mlcourse-player]))"))
    figure.addEventListener("click", () => figure.classList.toggle("enlarged"));

  // The list of pages shows where the reader is.
  const [list, here] = [".sidebar-scroll", ".sidebar-tree li.current-page > a"].map((one) => document.querySelector(one));
  if (list && here) list.scrollTop += here.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 2;

  // The front page's player runs as soon as it is in view, unless the reader has asked for less motion.
  const front = document.querySelector(".front-player [data-mlcourse-player]");
  if (front && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
    const root = front.shadowRoot ?? [...front.querySelectorAll("*")].find((element) => element.shadowRoot)?.shadowRoot;
    const speed = root?.querySelector("select");
    if (speed) speed.value = "4"; // it is over before a visitor leaves
    const play = [...(root?.querySelectorAll("button") ?? [])].find((button) => button.textContent.includes("Play"));
    const seen = new IntersectionObserver(([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      seen.disconnect();
      play?.click();
    }, { threshold: IN_VIEW });
    seen.observe(front);
  }
})();

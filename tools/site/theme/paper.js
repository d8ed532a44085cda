// Turn a page, or several, into a document for paper: one article after the other, answers and hints at the end.
async (parts) => {
  const DOTS_PER_INCH = 150;
  const WIDTH = 660; // of a page without its margins
  const articles = [];
  for (const part of parts) {
    const response = await fetch(new URL(`/${part}`, location));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const article = page.querySelector("article");
    const base = new URL(`/${part}`, location);
    await addStyles(page, base);
    for (const element of article.querySelectorAll("[src]")) element.src = new URL(element.getAttribute("src"), base);
    prefixIds(article, part, base);
    moveAnswers(article, part);
    for (const fold of article.querySelectorAll("details:not(.hide)")) unfold(fold);
    for (const element of article.querySelectorAll("script, .page-tools, .meaning, .headerlink, .copybtn, details.hide, .related-pages")) element.remove();
    for (const caption of article.querySelectorAll("figcaption"))
      caption.innerHTML = caption.innerHTML.replace("This is a still picture; the interactive one needs scripts.", "");
    for (const picture of article.querySelectorAll("img")) picture.loading = "eager";
    articles.push(article);
  }
  document.body.replaceChildren(...articles.map((article) => document.adoptNode(article)));
  document.body.dataset.theme = "light";
  await Promise.all([...document.images].map((picture) => picture.decode().catch(() => null)));
  await document.fonts.ready;
  for (const picture of document.images) await printable(picture);

  // A picture without loss takes ten times the space, and paper does not show more than this. 96 pixels are an inch.
  async function printable(picture) {
    const width = Math.min(picture.naturalWidth, Math.round((Math.min(picture.clientWidth, WIDTH) * DOTS_PER_INCH) / 96));
    if (!width) return;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = Math.round((width * picture.naturalHeight) / picture.naturalWidth);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.src = canvas.toDataURL("image/jpeg", 0.75);
    await picture.decode();
  }
  // Each page loads the styles that it uses, and the first may not need those for formulas.
  async function addStyles(page, base) {
    for (const { attributes } of page.querySelectorAll("link[rel=stylesheet]")) {
      const address = new URL(attributes.href.value, base).href;
      if ([...document.styleSheets].some(({ href }) => href === address)) continue;
      const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
      document.head.append(sheet);
      await new Promise((done) => { sheet.onload = done; });
    }
  }
  // Ids of several pages would clash; links between printed pages lead to them, others say where the page is.
  function prefixIds(article, part, base) {
    for (const element of article.querySelectorAll("[id]")) element.id = name(part, element.id);
    article.id = name(part, "");
    for (const link of article.querySelectorAll("a[href]")) {
      const target = new URL(link.getAttribute("href"), base);
      const path = target.pathname.slice(1);
      if (target.origin !== location.origin) continue;
      if (parts.includes(path)) link.setAttribute("href", "#" + name(path, target.hash.slice(1)));
      else link.removeAttribute("href");
    }
  }
  function name(part, id) {
    return part.replace(/\W/g, "-") + "--" + decodeURIComponent(id);
  }
  function moveAnswers(article, part) {
    const folds = [...article.querySelectorAll("details")].filter((fold) => fold.matches(".prediction") || isHint(fold));
    if (!folds.length) return;
    const end = document.createElement("section");
    end.innerHTML = "<h2>Answers</h2>";
    folds.forEach((fold, index) => {
      const number = index + 1;
      const answer = document.createElement("section");
      answer.id = name(part, `answer-${number}`);
      answer.innerHTML = `<h3><a href="#${name(part, `question-${number}`)}">${number}</a></h3>`;
      answer.append(...[...fold.childNodes].filter((node) => node.nodeName !== "SUMMARY"));
      const pointer = document.createElement("p");
      pointer.id = name(part, `question-${number}`);
      pointer.innerHTML = `<a href="#${answer.id}">Answer ${number} is at the end.</a>`;
      fold.replaceWith(pointer);
      end.append(answer);
    });
    article.append(end);
  }
  function unfold(fold) {
    const shown = document.createElement("section");
    const title = document.createElement("p");
    title.style.breakAfter = "avoid";
    title.innerHTML = `<strong>${fold.querySelector("summary")?.innerHTML ?? ""}</strong>`;
    shown.append(title, ...[...fold.childNodes].filter((node) => node.nodeName !== "SUMMARY"));
    fold.replaceWith(shown);
  }
  function isHint(fold) {
    return /^(Hint|Answer|Solution)/.test(fold.querySelector("summary")?.textContent ?? "");
  }
}

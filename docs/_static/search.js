// The page of search results: excerpts begin with a sentence, and have no code and no tables. Decisions come last.
const LENGTH = 240;

const UNUSED = "pre, table, h1, dt, .math, .rubric, .admonition";

function excerpt(text, keywords) {
  const sentences = text.split(/(?<=[.?!])\s|\n\n/).map((part) => part.replace(/\s+/g, " ").trim()).filter(Boolean);
  const count = (sentence) => [...keywords].filter((word) => sentence.toLowerCase().includes(word.toLowerCase())).length;
  const counts = sentences.map(count);
  const found = sentences.slice(counts.indexOf(Math.max(...counts))).join(" ");
  return found.length <= LENGTH ? found : `${found.slice(0, found.lastIndexOf(" ", LENGTH))} …`;
}

if (typeof Search !== "undefined") {
  Search.makeSearchSummary = (html, keywords, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll(UNUSED).forEach((part) => part.remove());
    page.querySelectorAll("p, li, h2, h3, h4").forEach((part) => part.append("\n\n"));
    const paragraph = document.createElement("p");
    paragraph.className = "context";
    paragraph.textContent = excerpt(Search.htmlToText(page.documentElement.outerHTML, anchor), keywords);
    return paragraph;
  };
  Scorer.score = ([page, , , , score]) => score - (page.startsWith("decisions/") ? 10 : 0);
}

// The playground: a filter and a sort with completion, the rows of the real endpoint, and the request to copy.
// Everything comes from this service; nothing is stored but the state in the address of the page.

const element = (id) => document.getElementById(id);
const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

const state = { resource: "", filter: "", sort: "", page: "", size: "" };
let service = { resources: [] };
let resource = null;
let sortable = new Set();
let filterable = new Set();
let builder = "";

// The server counts characters, this language counts UTF-16 units: an emoji is one there and two here.
const unitsAt = (text, characters) => [...text].slice(0, characters).join("").length;
const charactersAt = (text, units) => [...text.slice(0, units)].length;

// --- the state in the address ---

// The address that the state was read from, or written to. Back and Forward change the real one before the page hears of it.
let known = "";

function readAddress() {
  known = location.hash;
  const given = new URLSearchParams(known.slice(1));
  for (const name of Object.keys(state)) state[name] = given.get(name) ?? "";
}

// Each request that was run is an entry of the history, and what is typed behind the last one is one more.
let settled = false;

function writeAddress() {
  const kept = Object.entries(state).filter(([, value]) => value !== "");
  const address = `#${new URLSearchParams(kept)}`;
  if (address === known) return;
  history[settled ? "pushState" : "replaceState"](null, "", address);
  known = address;
  settled = false;
}

// --- requests ---

function headers() {
  const token = element("token").value.trim();
  return { Accept: "application/json", ...(token && { Authorization: token }) };
}

const ask = async (path) => {
  const answer = await fetch(path, { headers: headers() });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`.trim());
  return answer.json();
};

// What the playground's server part knows of the list that is shown.
const askOf = (part, query = {}) =>
  ask(`resources/${encodeURIComponent(resource.name)}/${part}?${new URLSearchParams({ list: resource.list, ...query })}`);

function requestURL() {
  const names = resource.parameters;
  const query = new URLSearchParams();
  if (state.filter.trim()) query.set(names.filter, state.filter);
  if (state.sort.trim()) query.set(names.sort, state.sort);
  if (state.page) query.set(names.page, state.page);
  if (state.size) query.set(names.size, state.size);
  const text = query.toString();
  return new URL(resource.url + (text ? `?${text}` : ""), location.href);
}

// --- colours ---

const TOKENS = /"(?:\\[^]|[^"\\])*"?|'(?:\\[^]|[^'\\])*'?|=[A-Za-z]*=|!=|[<>]=?|[;,()]| +(?:and|or) +|[^"'();,=<>!~ ]+| +|[^]/g;
const OPERATOR = /^(?:=[A-Za-z]*=|!=|[<>]=?)$/;
const UNCLOSED = /^(["'])(?:\\[^]|(?!\1)[^\\])*$/;
const JOINT = /^(?:[;,()]| +(?:and|or) +)$/;

function tokensOf(text) {
  const found = [];
  let behind = false; // behind an operator stands a value
  let list = false;
  for (const match of text.matchAll(TOKENS)) {
    const token = match[0];
    let kind = behind ? "value" : "field";
    if (OPERATOR.test(token)) [kind, behind] = ["operator", true];
    else if (JOINT.test(token)) {
      kind = "joint";
      if (behind && token === "(") list = true;
      else if (!(list && (token === "," || token === " or "))) [behind, list] = [false, false];
    } else if (/^ +$/.test(token)) kind = "";
    found.push({ start: match.index, end: match.index + token.length, kind, token });
  }
  return found;
}

function sortTokens(text) {
  return [...text.matchAll(/[;,]|[^;,]+/g)].map((match) => {
    const token = match[0];
    const modifier = /^(?:asc|desc|ic|ignorecase|nullsfirst|nullslast)$/.test(token);
    const kind = /^[;,]$/.test(token) ? "joint" : modifier ? "operator" : "field";
    return { start: match.index, end: match.index + token.length, kind, token };
  });
}

// --- an editor: a text with colours, carets, completions ---

function editor(part, tokenise, nothing) {
  const area = element(part);
  const paint = element(`${part}-paint`);
  const options = element(`${part}-options`);
  const words = element(`${part}-words`);
  const list = element(`${part}-problems`);
  let problems = [];
  let offered = { from: 0, to: 0, items: [] };
  let chosen = -1;

  function repaint() {
    const pieces = [];
    for (const { start, end, kind } of tokenise(area.value)) {
      // A token is cut where a problem begins or ends in it.
      const cuts = problems.flatMap((problem) => [problem.start, problem.end]).filter((at) => at > start && at < end);
      const edges = [start, ...[...new Set(cuts)].sort((one, other) => one - other), end];
      for (let place = 0; place + 1 < edges.length; place++) {
        const bad = problems.some((problem) => problem.start <= edges[place] && edges[place] < problem.end);
        const className = [kind && `t-${kind}`, bad && "bad"].filter(Boolean).join(" ");
        pieces.push(make("span", { className }, area.value.slice(edges[place], edges[place + 1])));
      }
    }
    const atEnd = problems.some((problem) => problem.start >= area.value.length);
    paint.replaceChildren(...pieces, make("span", { className: atEnd ? "bad" : "" }, atEnd ? "\u00a0" : ""), "\n");
    const { scrollTop } = area.parentElement;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
    area.parentElement.scrollTop = scrollTop;
  }

  function put(from, to, text) {
    area.focus();
    area.setSelectionRange(from, to);
    // Browsers undo no other change by a script.
    document.execCommand(text ? "insertText" : "delete", false, text);
  }

  function applying(from, to, replacement) {
    const apply = make("button", { type: "button", className: "apply" }, `Write ${replacement || "nothing"}`);
    apply.addEventListener("click", () => {
      put(from, to, replacement);
      run();
    });
    return apply;
  }

  function showAdvice(advice) {
    if (advice) list.append(make("li", { className: "advice" }, advice.hint, applying(0, area.value.length, advice.replacement)));
  }

  function showProblems(found) {
    for (const problem of found) {
      if (problem.start === null) continue;
      problem.start = unitsAt(area.value, problem.start);
      problem.end = unitsAt(area.value, problem.end);
    }
    problems = found.filter((problem) => problem.start !== null);
    list.replaceChildren(
      ...found.map((problem) => {
        const item = make("li");
        if (problem.excerpt) {
          item.append(make("pre", {}, `${problem.excerpt}\n`, make("span", { className: "caret" }, problem.carets)));
        }
        item.append(problem.message);
        if (problem.hint) item.append(` ${problem.hint}`);
        if (problem.replacement !== null && problem.start !== null) {
          item.append(applying(problem.start, problem.end, problem.replacement));
        }
        return item;
      }),
    );
    repaint();
  }

  function offer(completions, text) {
    const [from, to] = [completions.from, completions.to].map((at) => unitsAt(text, at));
    const found = { ...completions, from, to };
    offerNow(area.value === text ? found : narrowed(found));
  }

  // Completions of an earlier text that the text goes on with, by the rule of the server.
  function narrowed(completions) {
    const typed = area.value.slice(completions.from, area.selectionEnd).replace(/^["']|["']$/g, "").toLowerCase();
    const held = completions.items.filter(({ label }) => label.toLowerCase().includes(typed) && label.toLowerCase() !== typed);
    const begins = ({ label }) => (label.toLowerCase().startsWith(typed) ? 0 : 1);
    return { ...completions, items: held.sort((one, other) => begins(one) - begins(other)) };
  }

  function offerNow(completions) {
    // The answer to the last letter may come after a choice: what was chosen stays chosen.
    const kept = chosen < 0 ? undefined : offered.items[chosen]?.label;
    offered = completions;
    chosen = -1;
    options.replaceChildren(
      ...completions.items.map((item, place) => {
        const line = make("li", { id: `${part}-option-${place}`, role: "option" }, item.label);
        line.setAttribute("aria-selected", "false");
        if (item.detail) line.append(make("span", {}, item.detail));
        line.addEventListener("mousedown", (event) => {
          event.preventDefault();
          complete(place);
        });
        return line;
      }),
    );
    open(completions.items.length > 0 && document.activeElement === area);
    const place = completions.items.findIndex((item) => item.label === kept);
    if (place >= 0) choose(place);
  }

  function open(whether) {
    options.hidden = !whether;
    area.setAttribute("aria-expanded", String(whether));
    if (whether) return;
    chosen = -1;
    area.removeAttribute("aria-activedescendant");
  }

  function choose(place) {
    chosen = (place + offered.items.length) % offered.items.length;
    [...options.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === chosen)));
    area.setAttribute("aria-activedescendant", `${part}-option-${chosen}`);
    options.children[chosen].scrollIntoView({ block: "nearest" });
  }

  function complete(place) {
    const { from, to, items } = offered;
    open(false);
    // More of the token may have been typed since the server was asked.
    put(from, Math.max(to, area.selectionEnd), items[place].text);
  }

  area.addEventListener("input", () => {
    state[part] = area.value;
    state.page = "";
    problems = [];
    repaint();
    writeAddress();
    if (!options.hidden) offerNow(narrowed(offered));
    assist(part);
  });
  area.addEventListener("keydown", (event) => {
    const opened = !options.hidden;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      open(false);
      run();
    } else if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      assist(part);
    } else if (opened && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : chosen < 0 ? 0 : -1));
    } else if (opened && (event.key === "Enter" || event.key === "Tab") && chosen >= 0) {
      event.preventDefault();
      complete(chosen);
    } else if (opened && event.key === "Escape") {
      event.preventDefault();
      open(false);
    } else if (event.key === "Enter") {
      event.preventDefault();
      open(false);
      run();
    }
  });
  area.addEventListener("blur", () => open(false));

  return {
    set(text) {
      area.value = text;
      // What is said of another text, or of another list, is not true of this one.
      words.textContent = text.trim() ? "" : nothing;
      showProblems([]);
    },
    show(answer, isWritten) {
      words.textContent = answer.words || (area.value.trim() ? "" : nothing);
      // A text that is being written is not wrong because it ends.
      const writing = isWritten && document.activeElement === area && area.selectionEnd === area.value.length;
      const length = charactersAt(area.value, area.value.length);
      const last = tokenise(area.value).at(-1);
      const from = last && UNCLOSED.test(last.token) ? charactersAt(area.value, last.start) : length;
      const waits = /[=<>!(,;]$/.test(area.value);
      const isOpen = ({ start, end }) => start !== null && (start >= from || (waits && end >= length));
      showProblems(answer.problems.filter((problem) => !writing || !isOpen(problem)));
      showAdvice(answer.advice);
    },
    offer,
    close: () => open(false),
    get at() {
      return charactersAt(area.value, area.selectionEnd);
    },
    repaint,
  };
}

const editors = { filter: editor("filter", tokensOf, "All rows."), sort: editor("sort", sortTokens, "The default order.") };

// --- what the server says of the filter and the sort ---

let waiting = 0;
let asked = 0;

function assist(part) {
  clearTimeout(waiting);
  waiting = setTimeout(() => assistNow(part), 120);
}

async function assistNow(part) {
  if (!resource) return;
  const mine = ++asked;
  const at = part ? editors[part].at : 0;
  const text = part ? state[part] : "";
  try {
    const answer = await askOf("assist", { filter: state.filter, sort: state.sort, part: part ?? "", at });
    if (mine !== asked) return;
    for (const name of ["filter", "sort"]) editors[name].show(answer[name], name === part);
    if (part) editors[part].offer(answer.completions, text);
    builder = answer.builder;
  } catch (error) {
    // What the list itself says of a request stands there already.
    if (mine === asked && part) say(`The playground got no help from the server: ${error.message}`, true);
  }
}

// --- the request ---

function say(text, failed = false) {
  element("status").textContent = text;
  element("status").toggleAttribute("data-failed", failed);
}

let running = 0;

async function run() {
  if (!resource) return;
  const mine = ++running;
  clearTimeout(waiting);
  asked++; // No completions of a text that has run.
  writeAddress();
  settled = true;
  element("copied").hidden = true;
  const url = requestURL();
  const began = performance.now();
  say("Loading…");
  element("result").setAttribute("aria-busy", "true");
  let answer;
  let body = null;
  try {
    answer = await fetch(url, { headers: headers() });
    body = await answer.text();
    // Only the last request counts, however late the others are answered.
    if (mine !== running) return;
    body = JSON.parse(body, asWritten);
  } catch (error) {
    if (mine !== running) return;
    if (!answer) {
      finish(`The service does not answer (${error.message}).`, null);
      return;
    }
  }
  const took = Math.round(performance.now() - began);
  showPager(answer.headers.get("Link"));
  if (answer.ok) {
    const rows = rowsOf(body);
    finish(rows ? `${counted(body, rows)} in ${took} ms` : "The answer is no list of rows.", rows);
    debug(url, mine);
  } else {
    finish(`${answer.status}: ${told(body) ?? (answer.statusText || "the service failed")}`, null);
    if (answer.status === 401) element("authorization").open = true;
  }
  assistNow(null);
}

function finish(text, rows) {
  element("result").setAttribute("aria-busy", "false");
  say(text, rows === null);
  showRows(rows ?? []);
  element("empty").hidden = rows === null || rows.length > 0;
  if (rows === null) element("debug")?.remove();
}

// A whole number that this language would round stays as it is written, where the browser tells how that is.
const asWritten = (name, value, context) => (Number.isInteger(value) && !Number.isSafeInteger(value) ? (context?.source ?? value) : value);

const rowsOf = (body) => [body, body?.items].find(Array.isArray) ?? null;

function counted(body, rows) {
  const shown = `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
  if (typeof body.total !== "number") return shown;
  return `${rows.length} of ${totalText(body.total, body.total_is_exact)} rows`;
}

function totalText(total, isExact) {
  const number = total.toLocaleString("en");
  if (isExact !== false) return number;
  return resource.estimated ? `about ${number}` : `${number} or more`;
}

// The words for people in an answer that is no list: a problem (RFC 9457), or the `detail` of FastAPI.
function told(body) {
  const problem = typeof body?.detail === "object" && body.detail !== null ? body.detail : body;
  return [problem?.detail, problem?.title].find((text) => typeof text === "string");
}

// --- the statements, where the service was told to show them ---

async function debug(url, mine) {
  if (!service.debug) return;
  const path = resource.list.split("/").map(encodeURIComponent).join("/");
  let found;
  try {
    found = await ask(`resources/${encodeURIComponent(resource.name)}/debug${path}${url.search}`);
  } catch (error) {
    found = { statements: [], indexes: [], error: `No statements: ${error.message}` };
  }
  if (mine !== running) return;
  const title = (text) => make("h2", {}, text);
  const code = (lines) => make("pre", { tabIndex: 0 }, lines.join("\n"));
  const section = make("section", { id: "debug" }, ...(found.error ? [make("p", {}, found.error)] : []));
  section.setAttribute("aria-label", "Statements");
  for (const { sql, parameters, plan } of found.statements) {
    section.append(title("SQL"), code([sql]), title("Parameters"), code(parameters.length ? parameters : ["none"]), title("Plan"), code(plan));
  }
  if (found.indexes.length) {
    const lines = make("ul", {}, ...found.indexes.map((line) => make("li", {}, line)));
    section.append(make("details", {}, make("summary", {}, `${found.indexes.length} uses of fields without an index`), lines));
  }
  const before = element("debug");
  if (before?.querySelector("details")?.open) section.querySelector("details").open = true;
  if (before) before.replaceWith(section);
  else document.querySelector("main").append(section);
}

// --- rows ---

function showPager(link) {
  const targets = {};
  for (const match of (link ?? "").matchAll(/<([^>]*)>;\s*rel="(\w+)"/g)) targets[match[2]] = match[1];
  for (const [id, relation] of [["previous", "prev"], ["next", "next"]]) {
    const button = element(id);
    button.disabled = !(relation in targets);
    button.onclick = () => {
      state.page = new URL(targets[relation], location.href).searchParams.get(resource.parameters.page) ?? "";
      run();
      element("rows").closest(".scroll").scrollTop = 0;
    };
  }
}

// The columns of nested objects stand beside the others, by their paths.
function* cellsOf(value, path = "") {
  for (const [name, inner] of Object.entries(value)) {
    const here = path ? `${path}.${name}` : name;
    if (inner !== null && typeof inner === "object" && !Array.isArray(inner)) yield* cellsOf(inner, here);
    else yield [here, inner];
  }
}

function showRows(rows) {
  const flat = rows.map((row) => new Map(cellsOf(row)));
  const columns = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  // An object that is missing in some rows has no column of its own beside its parts; other values have one.
  const hasParts = (column) => columns.some((other) => other.startsWith(`${column}.`));
  const shown = columns.filter((column) => !hasParts(column) || flat.some((row) => (row.get(column) ?? null) !== null));
  const table = element("rows");
  const focused = document.activeElement.dataset.column;
  const numeric = new Set(shown.filter((column) => flat.some((row) => typeof row.get(column) === "number")));
  table.tHead.replaceChildren(make("tr", {}, ...shown.map((column) => head(column, numeric.has(column)))));
  table.tBodies[0].replaceChildren(...flat.map((row) => make("tr", {}, ...shown.map((column) => cell(column, row.get(column), numeric.has(column))))));
  if (focused) [...table.tHead.querySelectorAll("button")].find((button) => button.dataset.column === focused)?.focus();
  const first = table.tBodies[0].querySelector("button");
  if (first) first.tabIndex = 0;
}

// One stop of the tab key for all cells; arrows go from there.
element("rows").tBodies[0].addEventListener("keydown", (event) => {
  const [down, right] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key] ?? [];
  const td = event.target.closest("td");
  if (down === undefined || !td) return;
  event.preventDefault();
  let row = td.parentElement;
  let column = td.cellIndex;
  do {
    row = row.parentElement.children[row.sectionRowIndex + down];
    column += right;
  } while (row?.children[column] && !row.children[column].querySelector("button"));
  const button = row?.children[column]?.querySelector("button");
  if (!button) return;
  event.target.tabIndex = -1;
  button.tabIndex = 0;
  button.focus();
  button.scrollIntoView({ block: "nearest", inline: "nearest" });
});

function direction(column) {
  const first = state.sort.split(";")[0].split(",");
  if (first[0].replace(/^[-+]/, "") !== quoted(column)) return null;
  return first[0].startsWith("-") || first.includes("desc") ? "descending" : "ascending";
}

// What leads to a field of a related row is softer than the field.
function named(column) {
  const at = column.lastIndexOf(".") + 1;
  return at ? [make("span", { className: "path" }, column.slice(0, at)), column.slice(at)] : [column];
}

function head(column, numeric) {
  const th = make("th", { scope: "col", className: numeric ? "number" : "" });
  if (!sortable.has(column)) {
    th.append(...named(column));
    return th;
  }
  const now = direction(column);
  if (now) th.setAttribute("aria-sort", now);
  const arrow = now ? { ascending: " ↑", descending: " ↓" }[now] : "";
  const button = make("button", { type: "button", title: `Sort by ${column}` }, ...named(column), arrow);
  button.addEventListener("click", () => {
    const next = { null: quoted(column), ascending: `-${quoted(column)}`, descending: "" }[now];
    change("sort", next);
  });
  button.dataset.column = column;
  th.append(button);
  return th;
}

function cell(column, value, numeric) {
  const td = make("td", { className: numeric ? "number" : "" });
  if (value === undefined || value === null) td.append(make("span", { className: "null" }, value === null ? "NULL" : "—"));
  else if (Array.isArray(value) && value.every((one) => typeof one === "object")) {
    td.append(make("span", { className: "many", title: JSON.stringify(value, null, 1) }, `${value.length} ${column}`));
    return td;
  } else {
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    td.append(make("span", { className: "value", title: text }, text));
    if (typeof value === "object") return td;
  }
  if (value !== undefined && filterable.has(column)) {
    const button = make("button", { type: "button", title: `Filter by this ${column}`, tabIndex: -1 });
    button.setAttribute("aria-label", `Filter by ${column} ${value}`);
    button.addEventListener("click", () => narrow(column, value));
    td.append(button);
  }
  return td;
}

// A value that its field does not take, such as infinity or a very long text, leaves the request as it is.
async function narrow(column, value) {
  const filter = narrowed(column, value);
  // Without an answer the list itself says what is wrong.
  const answer = await askOf("assist", { filter }).catch(() => null);
  const problem = answer?.filter.problems[0];
  if (problem) say(problem.message, true);
  else change("filter", filter);
}

function narrowed(column, value) {
  const test = value === null ? `${quoted(column)}=na=` : comparison(column, String(value));
  const text = state.filter.trim();
  if (!text) return test;
  let depth = 0;
  const loose = tokensOf(text).some(({ token, kind }) => {
    if (kind === "joint") depth += token === "(" ? 1 : token === ")" ? -1 : 0;
    return kind === "joint" && depth === 0 && (token === "," || token.trim() === "or");
  });
  return loose ? `(${text});${test}` : `${text};${test}`;
}

// A value or a field as a filter and a sort write it.
const quoted = (text) => (/^[^"'();,=<>!~ ]+$/.test(text) ? text : `'${text.replace(/[\\']/g, "\\$&")}'`);

// `=in=` takes its argument as it is, where `==` would see a wildcard or a caret.
function comparison(column, value) {
  return `${quoted(column)}${/[*\\]|^\^/.test(value) ? "=in=" : "=="}${quoted(value)}`;
}

function change(part, text) {
  state[part] = text;
  state.page = "";
  editors[part].set(text);
  run();
}

// --- the request to copy ---

const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const python = (text) => JSON.stringify(text);
const authorized = () => element("token").value.trim() !== "";

// A header is not copied: it is read where the copied text runs.
const FORMATS = {
  URL: (url) => url.href,
  curl: (url) => `curl ${authorized() ? `-H "Authorization: $AUTHORIZATION" ` : ""}${shell(url.href)}`,
  httpx: (url) => {
    const parameters = [...url.searchParams].map(([name, value]) => `${python(name)}: ${python(value)}`);
    const headers = authorized() ? `, headers={"Authorization": os.environ["AUTHORIZATION"]}` : "";
    const request = `${python(url.origin + url.pathname)}, params={${parameters.join(", ")}}${headers}`;
    return `${authorized() ? "import os\n\n" : ""}import httpx\n\npage = httpx.get(${request}).raise_for_status().json()`;
  },
  fetch: (url) => {
    const parameters = JSON.stringify(Object.fromEntries(url.searchParams), null, 2);
    const first = authorized() ? `const headers = { Authorization: "" }; // yours\n` : "";
    const request = `\`${url.origin + url.pathname}?\${query}\`${authorized() ? ", { headers }" : ""}`;
    return `${first}const query = new URLSearchParams(${parameters});\nconst answer = await fetch(${request});\nconst page = await answer.json();`;
  },
  "Python builder": () => builder,
};

for (const [name, format] of Object.entries(FORMATS)) {
  const button = make("button", { type: "button" }, name);
  button.addEventListener("click", async () => {
    const text = resource ? format(requestURL()) : "";
    if (!text) {
      say("There is nothing to copy yet: write a filter or a sort that is right.");
      return;
    }
    element("copied").textContent = text;
    element("copied").hidden = false;
    try {
      await navigator.clipboard.writeText(text);
      say(`Copied as ${name}.`);
    } catch {
      say(`Your browser does not let this page copy: the text stands below.`);
    }
  });
  element("formats").append(button);
}

// --- start ---

async function choose(title) {
  resource = service.resources.find((known) => known.title === title) ?? service.resources[0];
  state.resource = resource.title;
  for (const entry of element("resources").children) {
    if (entry.localName === "select") entry.value = resource.title;
    else if (entry.value === resource.title) entry.setAttribute("aria-current", "page");
    else entry.removeAttribute("aria-current");
  }
  element("size").placeholder = resource.size ?? "";
  builder = "";
  for (const part of ["filter", "sort"]) editors[part].set(state[part]);
  element("size").value = state.size;
  const mine = resource;
  let offered = { filter: [], sort: [], examples: [] };
  try {
    offered = await askOf("fields");
  } catch {
    // The list says itself why it refuses this client.
  }
  if (mine !== resource) return;
  filterable = new Set(offered.filter);
  sortable = new Set(offered.sort);
  showExamples(offered);
  await run();
}

function showExamples({ examples, filter, sort }) {
  const forms = { filter: filter[0] ? `${quoted(filter[0])}==…` : "", sort: sort[0] ? `-${quoted(sort[0])}` : "" };
  for (const part of ["filter", "sort"]) {
    element(part).placeholder = examples.find((example) => part in example)?.[part] ?? forms[part];
  }
  element("examples").replaceChildren(
    ...examples.map((example) => {
      const button = make("button", { type: "button" }, example.title);
      button.addEventListener("click", () => {
        for (const part of ["filter", "sort"]) {
          state[part] = example[part] ?? "";
          editors[part].set(state[part]);
        }
        state.page = "";
        run();
      });
      return button;
    }),
  );
}

const FEW = 12; // More lists than that stand in a menu.

function entries(titles) {
  const few = titles.length <= FEW;
  const options = titles.map((title) => make(few ? "button" : "option", few ? { type: "button", value: title } : { value: title }, title));
  const found = few ? options : [make("select", { ariaLabel: "List" }, ...options)];
  for (const entry of found) {
    entry.addEventListener(few ? "click" : "change", () => {
      Object.assign(state, { filter: "", sort: "", page: "", size: "" });
      element("authorization").open = false;
      choose(entry.value);
    });
  }
  return found;
}

async function start() {
  readAddress();
  service = await ask("resources");
  document.title = service.title;
  element("title").textContent = service.title;
  element("resources").replaceChildren(...entries(service.resources.map(({ title }) => title)));
  if (service.resources.length === 0) say("No endpoint of this service uses the resources of the playground.");
  else await choose(state.resource);
}

element("request").addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
element("size").addEventListener("change", (event) => {
  state.size = event.target.value;
  state.page = "";
  run();
});
element("token").addEventListener("change", () => choose(state.resource));
element("authorization").addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  element("authorization").open = false;
  element("authorization").querySelector("summary").focus();
});
element("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
document.querySelector(".skip").addEventListener("click", (event) => {
  // The address holds the request: a target in it would take its place.
  event.preventDefault();
  element("filter").focus();
});
addEventListener("hashchange", () => {
  readAddress();
  settled = false;
  choose(state.resource);
});
addEventListener("resize", () => Object.values(editors).forEach((one) => one.repaint()));

start().catch((error) => say(`The playground could not start: ${error.message}`));

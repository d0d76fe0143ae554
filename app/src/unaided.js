// What keeps a page usable that somebody else changed: extensions, translators, proxies. The program takes over a page
// node by node, so before it does the nodes are as the server sent them, or it does not.
const page = document.getElementById("page");

// Sums up the order of the page's nodes, as `shape.rs` does on the server.
const shape = () => {
  let sum = 0;
  const visit = (node) => {
    const word = node.nodeType === 1 ? node.localName : node.nodeType === 8 ? "!" : '"';
    // Text comes in several nodes where it is long.
    if (word !== '"' || node.previousSibling?.nodeType !== 3)
      for (const letter of `<${word}`) sum = (Math.imul(sum, 31) + letter.charCodeAt()) >>> 0;
    node.childNodes.forEach(visit);
  };
  page.childNodes.forEach(visit);
  return sum.toString(16).padStart(8, "0");
};

const sent = page.dataset.shape;
const copyOf = (nodes) => [...nodes].map((node) => node.cloneNode(true));
// Asked for early, before most extensions have seen the page.
const pristine = shape() === sent ? copyOf(page.childNodes) : undefined;

// Puts other nodes into the place of the page's, and keeps what was written, where, and whatever has the focus.
const replace = (nodes) => {
  const focused = document.activeElement?.id;
  const fields = [...document.querySelectorAll(".frame :is(input, select, textarea)[id]")].map((field) => {
    const { id, value, checked, selectionStart: from, selectionEnd: to, selectionDirection: way } = field;
    return { id, value, checked, from, to, way };
  });
  page.replaceChildren(...nodes);
  for (const { id, value, checked, from, to, way } of fields) {
    const field = document.getElementById(id);
    if (!field) continue;
    if (field.value !== value) field.value = value;
    if (field.checked !== checked) field.checked = checked;
    if (from != null) field.setSelectionRange(from, to, way);
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
};

let unaided = false;

// The element that the program may take over, where it is, or again is, as it was sent.
const prepare = () => {
  if (unaided) return undefined;
  if (shape() !== sent) {
    if (!pristine) return giveUp();
    replace(copyOf(pristine));
  }
  return page;
};

// The page goes on without its program: forms are the browser's, and what only the program can do says so.
const giveUp = () => {
  if (unaided) return;
  unaided = true;
  // A copy has nobody's listeners.
  replace(copyOf(page.childNodes));
  const frame = page.querySelector(".frame");
  if (!frame) return;
  frame.removeAttribute("data-ready");
  for (const form of frame.querySelectorAll("form[method=post]")) {
    form.removeAttribute("data-own-id");
    form.noValidate = false;
  }
  for (const button of frame.querySelectorAll("button")) {
    if (button.form?.method === "post" && button.type === "submit") button.removeAttribute("aria-disabled");
    else button.disabled = true;
  }
  const words = document.createElement("p");
  words.className = "notice unaided";
  words.setAttribute("role", "status");
  (frame.querySelector(".write") ?? frame.querySelector("main"))?.prepend(words);
  // A region tells what comes into it, not what it came with.
  setTimeout(() => {
    const again = document.createElement("a");
    again.href = location.href.split("#")[0];
    again.rel = "external";
    again.textContent = "Load it again";
    words.append(
      "This page runs without its program: something in it, such as a browser extension or a proxy, changed the page. " +
        "Posting still works. ",
      again,
      ". A post that this device still keeps is sent once the page runs with its program.",
    );
  });
};

// A program that panicked ends in one of these, and so does one that a browser broke its word to.
const ended = (why) => (why instanceof WebAssembly.RuntimeError || /wasm-function/.test(why?.stack)) && giveUp();
addEventListener("error", ({ error }) => ended(error));
addEventListener("unhandledrejection", ({ reason }) => ended(reason));

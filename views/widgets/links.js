// Makes links inside the app change the page without loading it again.
//
// Streamlit reads the address when the reader goes back or forward. A plain click on a link
// marked `data-here` is turned into such a step: the address is pushed and announced. With a
// modifier key, or without JavaScript's help, the link works as any link does.

const MARK = "a[data-here]";
const FOCUS_WAIT_MS = 5000; // long enough for a slow first query; the focus is the reader's again after it

let sought = null;

function restoreFocus() {
  if (!sought) return;
  if (Date.now() > sought.until || (document.activeElement && document.activeElement !== document.body)) {
    if (!document.activeElement?.matches?.(MARK)) sought = null;
    return;
  }
  // The answer replaces the links, and with them the one that had the focus.
  for (const link of document.querySelectorAll(MARK)) {
    if (link.dataset.focus === sought.name) {
      link.focus({ preventScroll: true });
      return;
    }
  }
}

function follow(event) {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.(MARK);
  if (!link || link.origin !== window.location.origin) return;
  event.preventDefault();
  sought = link.dataset.focus ? { name: link.dataset.focus, until: Date.now() + FOCUS_WAIT_MS } : null;
  const other = link.pathname !== window.location.pathname;
  window.history.pushState(null, "", link.href);
  window.dispatchEvent(new PopStateEvent("popstate"));
  const main = document.querySelector("[data-testid='stMain']");
  if (other || link.dataset.scroll === "top") main?.scrollTo({ top: 0 });
  else if (link.dataset.scroll) document.getElementById(link.dataset.scroll)?.scrollIntoView();
}

export default function () {
  if (window.landscapeLinks) return;
  window.landscapeLinks = true;
  document.addEventListener("click", follow);
  document.addEventListener("pointerdown", () => { sought = null; });
  document.addEventListener("keydown", (event) => { if (event.key !== "Enter") sought = null; });
  new MutationObserver(restoreFocus).observe(document.body, { childList: true, subtree: true });
}

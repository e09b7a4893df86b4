"use strict";
// Tabs: one panel at a time; the arrow keys move between tabs, as the ARIA practices ask.
document.documentElement.classList.add("js");
for (const list of document.querySelectorAll("[role=tablist]")) {
  const tabs = [...list.children];
  const panelOf = (tab) => document.getElementById(tab.dataset.panel);
  const choose = (chosen) => {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      panelOf(tab).hidden = !isChosen;
    }
  };
  tabs.forEach((tab, k) => {
    const panel = panelOf(tab);
    tab.id = `tab-of-${panel.id}`;
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const places = { ArrowRight: k + 1, ArrowLeft: k - 1 + tabs.length, Home: 0, End: tabs.length - 1 };
      if (!(event.key in places)) return;
      event.preventDefault();
      event.stopPropagation();
      const next = tabs[places[event.key] % tabs.length];
      choose(next);
      next.focus();
    });
  });
  choose(tabs[0]);
}

/** Texts of the parts that every screen is made of. */
export const ui = {
  "action.retry": "Try again",
  "action.cancel": "Cancel",
  "action.close": "Close",
  "action.save": "Save",
  "action.edit": "Edit",
  "action.delete": "Delete",
  "action.clear": "Clear",
  "action.more": "More",
  "action.discard": "Discard draft",

  "duration.hours": { one: "{count} hour", other: "{count} hours" },
  "duration.minutes": { one: "{count} minute", other: "{count} minutes" },
  "duration.seconds": { one: "{count} second", other: "{count} seconds" },

  "state.live": "Live",
  "state.held": "On hold",
  "state.ended": "Ended",
  "state.warning": "Needs help",

  "table.loading": "{label}, loading",
  "table.rows": { one: "{count} row", other: "{count} rows" },
  "table.actions": "Actions",
  "table.row_actions": "Actions for {row}",
  "table.show_more": { one: "Show {count} more", other: "Show {count} more" },
  "table.load_more": "Load more",
  "table.loading_more": "Loading more",
  "table.next": "Next",
  "table.previous": "Previous",
  "table.page": "Page {page}",
  "table.sort_ascending": "Sort by {column}, ascending",
  "table.sort_descending": "Sort by {column}, descending",
  "table.keys.move": "Move between rows",
  "table.keys.open": "Open the row",
  "table.failed": "{label} could not be loaded",

  "filters.label": "Filters",
  "filters.clear": "Clear filters",
  "filters.active": { one: "{count} filter", other: "{count} filters" },
  "filters.any": "Any",
  "filters.show": "Filters",

  "pager.label": "Pages",

  "pane.open_whole": "Open",

  "draft.restored": "Your draft from before is here again.",

  "timeline.now": "now",
  "timeline.show_table": "Show as table",
  "timeline.who": "Who",
  "timeline.what": "What",
  "timeline.from": "From",
  "timeline.to": "To",
  "timeline.length": "Length",
  "timeline.still": "still going on",
  "timeline.label": "Timeline of {title}",
  "timeline.segment": "{lane}: {what}, {from} to {to}, {length}",

  "problem.title": "That did not work",
  "problem.network": "Sideline can’t be reached. Nothing was changed; try again in a moment.",
  "problem.network_title": "No connection",
  "problem.unexpected": "The server answered in a way that this page does not understand ({status}). Nothing you typed is lost; try again.",
  "problem.page_broken": "This page ran into a fault of its own. Nothing you typed is lost; try again.",
  "problem.reference": "Reference {code}",

  "person.you": "you",
} as const;

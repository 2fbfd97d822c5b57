// Lists of tags, as values. Tags that differ only in case are the same one: the API stores the first.

/** @param {string[]} tags @param {string[]} added @returns {string[]} */
export function withTags(tags, added) {
  const present = new Set(tags.map(keyOf));
  return [...tags, ...added.filter((tag) => !present.has(keyOf(tag)) && present.add(keyOf(tag)))];
}

/** @param {string[]} tags @param {string} removed */
export function withoutTag(tags, removed) {
  return tags.filter((tag) => tag !== removed);
}

/** How many of the lists have each tag, the most frequent first. @param {string[][]} lists */
export function countTags(lists) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const tag of lists.flat()) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  const counted = [...counts].map(([tag, count]) => ({ tag, count }));
  return counted.sort((a, b) => b.count - a.count || a.tag.localeCompare(b.tag));
}

/** @param {string} tag */
function keyOf(tag) {
  return tag.toLowerCase();
}

/**
 * The line through points by least squares.
 *
 * @param points [x, y] of each, three or more
 * @returns its slope, and how far the slope is certain: with 95 % confidence the true one is at most `margin` away
 */
export function lineThrough(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const middleX = mean(points.map(([x]) => x));
  const middleY = mean(points.map(([, y]) => y));
  const spread = points.reduce((sum, [x]) => sum + (x - middleX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - middleX) * (y - middleY), 0) / spread;
  const strays = points.reduce((sum, [x, y]) => sum + (y - middleY - slope * (x - middleX)) ** 2, 0);
  const margin = 2 * Math.sqrt(strays / Math.max(1, points.length - 2) / spread);
  return { slope, margin };
}

// Words of the screen Overview.

export const overview = {
  title: 'Overview',
}

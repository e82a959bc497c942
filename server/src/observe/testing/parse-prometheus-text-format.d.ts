declare module 'parse-prometheus-text-format' {
  /** Families of metrics, as prom2json has them. Throws where the text is not in the format. */
  const parse: (text: string) => unknown
  export default parse
}

import type { onnx as Onnx } from 'onnx-proto'

/** Names of all that a node reads, those of the graphs inside it included. */
export function readBy(node: Onnx.INodeProto): string[] {
  const inner = innerGraphs(node).flatMap((graph) => [
    ...(graph.node ?? []).flatMap(readBy),
    ...(graph.output ?? []).map(({ name }) => name ?? ''),
  ])
  return [...(node.input ?? []), ...inner].filter((name) => name !== '')
}

/** All nodes, those of inner graphs (If, Loop, Scan) included. */
export function allNodes(graph: Onnx.IGraphProto): Onnx.INodeProto[] {
  return (graph.node ?? []).flatMap((node) => [node, ...innerGraphs(node).flatMap(allNodes)])
}

/** All constants, those of inner graphs and of Constant nodes included. */
export function allTensors(graph: Onnx.IGraphProto): Onnx.ITensorProto[] {
  const held = allNodes(graph).flatMap(({ attribute }) =>
    (attribute ?? []).flatMap(({ t, tensors }) => [...(t ? [t] : []), ...(tensors ?? [])]),
  )
  const inner = allNodes(graph)
    .flatMap(innerGraphs)
    .flatMap(({ initializer }) => initializer ?? [])
  return [...(graph.initializer ?? []), ...inner, ...held]
}

/** The nodes and constants behind one tensor, in their order; what else the graph answers is left out. */
export function behind(
  answer: string,
  graph: Onnx.IGraphProto,
): Pick<Onnx.IGraphProto, 'node' | 'initializer'> {
  const needed = new Set([answer])
  const node = (graph.node ?? []).toReversed().filter((one) => {
    if (!(one.output ?? []).some((name) => needed.has(name))) return false
    for (const name of readBy(one)) needed.add(name)
    return true
  })
  const initializer = (graph.initializer ?? []).filter(({ name }) => needed.has(name ?? ''))
  return { node: node.toReversed(), initializer }
}

/** The graph under other names of its tensors. */
export function renamed(graph: Onnx.IGraphProto, nameOf: (name: string) => string): Onnx.IGraphProto {
  const named = <T extends { name?: string | null | undefined }>(list: T[] | null | undefined): T[] =>
    (list ?? []).map((one) => ({ ...one, name: nameOf(one.name ?? '') }))
  return {
    ...graph,
    input: named(graph.input),
    output: named(graph.output),
    initializer: named(graph.initializer),
    valueInfo: named(graph.valueInfo),
    node: (graph.node ?? []).map((node) => ({
      ...node,
      input: (node.input ?? []).map(nameOf),
      output: (node.output ?? []).map(nameOf),
      attribute: (node.attribute ?? []).map((attribute) => ({
        ...attribute,
        ...(attribute.g ? { g: renamed(attribute.g, nameOf) } : {}),
        ...(attribute.graphs?.length
          ? { graphs: attribute.graphs.map((inner) => renamed(inner, nameOf)) }
          : {}),
      })),
    })),
  }
}

function innerGraphs({ attribute }: Onnx.INodeProto): Onnx.IGraphProto[] {
  return (attribute ?? []).flatMap(({ g, graphs }) => [...(g ? [g] : []), ...(graphs ?? [])])
}

graph [
  directed 1
  multigraph 1
  node [
    id 0
    label "a"
  ]
  node [
    id 1
    label "b"
  ]
  node [
    id 2
    label "c"
  ]
  edge [ source 0 target 1 latency "10 ms" packet_loss 0.01 ]
  edge [ source 1 target 0 latency "30 ms" packet_loss 0.02 ]
  edge [ source 1 target 2 latency "5 ms" ]
  edge [ source 2 target 1 latency "5 ms" ]
  edge [ source 2 target 0 latency_ms 7 ]
]

// Each has a silo of its own, and a process carries one well.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

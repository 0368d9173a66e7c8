// Attacks that load, kill and wait, on few processors: side by side they starve one another, and what is measured is that.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

// Tests of a writer, its server and both their time-outs, on few processors: side by side they starve one another, and what is measured is that.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

// Three silos, a database and a load are as much as a small machine carries.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

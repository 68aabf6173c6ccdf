{"A320":{"desc":"L2J","wtc":"M"},"C172":{"desc":"L1P","wtc":"L"}}

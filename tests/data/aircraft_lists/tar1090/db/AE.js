{"1234":["05-1234","C17","10","BOEING C-17 Globemaster 3"]}
